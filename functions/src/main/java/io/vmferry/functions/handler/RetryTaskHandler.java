package io.vmferry.functions.handler;

import io.vmferry.functions.service.RetryTask;

/** Lets a failed task go on from what it had written. */
public final class RetryTaskHandler extends StepHandler<TaskReference, TaskReference> {
  private final RetryTask service;

  /** For Lambda: wired from the environment. */
  public RetryTaskHandler() {
    this(Wiring.fromEnvironment().retryTask());
  }

  /** With its service. */
  public RetryTaskHandler(RetryTask service) {
    super(TaskReference.class);
    this.service = service;
  }

  @Override
  TaskReference step(TaskReference request) {
    return new TaskReference(service.retry(request.taskId()).id());
  }
}
