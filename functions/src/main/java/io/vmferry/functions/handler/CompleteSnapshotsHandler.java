package io.vmferry.functions.handler;

import io.vmferry.functions.service.CompleteSnapshots;
import java.io.IOException;

/** Ends the writing of a task's snapshots. */
public final class CompleteSnapshotsHandler
    extends StepHandler<TaskReference, CompleteSnapshots.Result> {
  private final CompleteSnapshots service;

  /** For Lambda: wired from the environment. */
  public CompleteSnapshotsHandler() {
    this(Wiring.fromEnvironment().completeSnapshots());
  }

  /** With its service. */
  public CompleteSnapshotsHandler(CompleteSnapshots service) {
    super(TaskReference.class);
    this.service = service;
  }

  @Override
  CompleteSnapshots.Result step(TaskReference request) throws IOException {
    return service.complete(request.taskId());
  }
}
