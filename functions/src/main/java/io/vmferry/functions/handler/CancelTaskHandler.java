package io.vmferry.functions.handler;

import io.vmferry.functions.service.CancelTask;

/** Cancels a task. */
public final class CancelTaskHandler extends StepHandler<TaskReference, TaskReference> {
  private final CancelTask service;

  /** For Lambda: wired from the environment. */
  public CancelTaskHandler() {
    this(Wiring.fromEnvironment().cancelTask());
  }

  /** With its service. */
  public CancelTaskHandler(CancelTask service) {
    super(TaskReference.class);
    this.service = service;
  }

  @Override
  TaskReference step(TaskReference request) {
    return new TaskReference(service.cancel(request.taskId()).id());
  }
}
