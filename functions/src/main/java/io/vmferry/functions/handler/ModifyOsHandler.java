package io.vmferry.functions.handler;

import io.vmferry.functions.service.ModifyOs;
import java.io.IOException;

/** Changes the guest so that it boots on EC2. */
public final class ModifyOsHandler extends StepHandler<TaskReference, TaskReference> {
  private final ModifyOs service;

  /** For Lambda: wired from the environment. */
  public ModifyOsHandler() {
    this(Wiring.fromEnvironment().modifyOs());
  }

  /** With its service. */
  public ModifyOsHandler(ModifyOs service) {
    super(TaskReference.class);
    this.service = service;
  }

  @Override
  TaskReference step(TaskReference request) throws IOException {
    service.modify(request.taskId());
    return request;
  }
}
