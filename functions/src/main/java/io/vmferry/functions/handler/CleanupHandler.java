package io.vmferry.functions.handler;

import io.vmferry.functions.service.Cleanup;

/** Removes what a failed or stopped task has made. */
public final class CleanupHandler extends StepHandler<Failure, TaskReference> {
  private final Cleanup service;

  /** For Lambda: wired from the environment. */
  public CleanupHandler() {
    this(Wiring.fromEnvironment().cleanup());
  }

  /** With its service. */
  public CleanupHandler(Cleanup service) {
    super(Failure.class);
    this.service = service;
  }

  @Override
  TaskReference step(Failure request) {
    service.clean(request.taskId(), request.reason(), request.run());
    return new TaskReference(request.taskId());
  }
}
