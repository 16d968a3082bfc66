package io.vmferry.functions.handler;

import io.vmferry.functions.service.CompleteSnapshots;

/** Looks whether a task's snapshots are completed. */
public final class CheckSnapshotsHandler
    extends StepHandler<TaskReference, CompleteSnapshots.Result> {
  private final CompleteSnapshots service;

  /** For Lambda: wired from the environment. */
  public CheckSnapshotsHandler() {
    this(Wiring.fromEnvironment().completeSnapshots());
  }

  /** With its service. */
  public CheckSnapshotsHandler(CompleteSnapshots service) {
    super(TaskReference.class);
    this.service = service;
  }

  @Override
  CompleteSnapshots.Result step(TaskReference request) {
    return service.check(request.taskId());
  }
}
