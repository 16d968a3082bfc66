package io.vmferry.functions.handler;

import io.vmferry.functions.service.RetryTask;

/** Ends a failed run of the state machine, and begins the next one. */
public final class ResumeTaskHandler extends StepHandler<ResumeTaskHandler.Run, TaskReference> {
  private final RetryTask service;

  /** For Lambda: wired from the environment. */
  public ResumeTaskHandler() {
    this(Wiring.fromEnvironment().retryTask());
  }

  /** With its service. */
  public ResumeTaskHandler(RetryTask service) {
    super(Run.class);
    this.service = service;
  }

  /**
   * A run of an execution.
   *
   * @param taskId the task
   * @param redrives how often the execution was run again
   */
  public record Run(String taskId, int redrives) {}

  @Override
  TaskReference step(Run request) {
    service.resume(request.taskId(), request.redrives());
    return new TaskReference(request.taskId());
  }
}
