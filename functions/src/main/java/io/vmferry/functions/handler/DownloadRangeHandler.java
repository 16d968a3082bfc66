package io.vmferry.functions.handler;

import io.vmferry.functions.service.DownloadRange;
import io.vmferry.functions.service.Downloads;
import java.io.IOException;

/** Copies one range of a file on a web server. */
public final class DownloadRangeHandler extends StepHandler<Downloads.Range, TaskReference> {
  private final DownloadRange service;

  /** For Lambda: wired from the environment. */
  public DownloadRangeHandler() {
    this(Wiring.fromEnvironment().downloadRange());
  }

  /** With its service. */
  public DownloadRangeHandler(DownloadRange service) {
    super(Downloads.Range.class);
    this.service = service;
  }

  @Override
  TaskReference step(Downloads.Range request) throws IOException {
    service.copy(request);
    return new TaskReference(request.taskId());
  }
}
