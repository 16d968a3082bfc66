package io.vmferry.functions.handler;

import io.vmferry.functions.service.ApplyChanges;
import java.io.IOException;

/** Writes the changes of the guest over the snapshots. */
public final class ApplyChangesHandler extends StepHandler<TaskReference, TaskReference> {
  private final ApplyChanges service;

  /** For Lambda: wired from the environment. */
  public ApplyChangesHandler() {
    this(Wiring.fromEnvironment().applyChanges());
  }

  /** With its service. */
  public ApplyChangesHandler(ApplyChanges service) {
    super(TaskReference.class);
    this.service = service;
  }

  @Override
  TaskReference step(TaskReference request) throws IOException {
    service.apply(request.taskId());
    return request;
  }
}
