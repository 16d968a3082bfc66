package io.vmferry.functions.handler;

import io.vmferry.functions.service.Validate;
import java.io.IOException;

/** Looks at the sources of a task. */
public final class ValidateHandler extends StepHandler<TaskReference, Validate.Result> {
  private final Validate service;

  /** For Lambda: wired from the environment. */
  public ValidateHandler() {
    this(Wiring.fromEnvironment().validate());
  }

  /** With its service. */
  public ValidateHandler(Validate service) {
    super(TaskReference.class);
    this.service = service;
  }

  @Override
  Validate.Result step(TaskReference request) throws IOException {
    return service.validate(request.taskId());
  }
}
