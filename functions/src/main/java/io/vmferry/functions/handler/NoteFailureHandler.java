package io.vmferry.functions.handler;

import io.vmferry.functions.service.Cleanup;

/** Notes why an item of a map failed, for the map itself does not tell. */
public final class NoteFailureHandler extends StepHandler<Failure, TaskReference> {
  private final Cleanup service;

  /** For Lambda: wired from the environment. */
  public NoteFailureHandler() {
    this(Wiring.fromEnvironment().cleanup());
  }

  /** With its service. */
  public NoteFailureHandler(Cleanup service) {
    super(Failure.class);
    this.service = service;
  }

  @Override
  TaskReference step(Failure request) {
    service.note(request.taskId(), request.reason());
    return new TaskReference(request.taskId());
  }
}
