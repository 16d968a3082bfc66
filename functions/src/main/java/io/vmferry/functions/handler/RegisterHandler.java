package io.vmferry.functions.handler;

import io.vmferry.functions.service.Register;

/** Registers the image and ends the task. */
public final class RegisterHandler extends StepHandler<TaskReference, TaskReference> {
  private final Register service;

  /** For Lambda: wired from the environment. */
  public RegisterHandler() {
    this(Wiring.fromEnvironment().register());
  }

  /** With its service. */
  public RegisterHandler(Register service) {
    super(TaskReference.class);
    this.service = service;
  }

  @Override
  TaskReference step(TaskReference request) {
    service.register(request.taskId());
    return request;
  }
}
