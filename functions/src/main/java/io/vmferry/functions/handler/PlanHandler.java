package io.vmferry.functions.handler;

import io.vmferry.functions.service.Plan;
import java.io.IOException;

/** Starts a task's snapshots and cuts its disks into chunks. */
public final class PlanHandler extends StepHandler<TaskReference, Plan.Result> {
  private final Plan service;

  /** For Lambda: wired from the environment. */
  public PlanHandler() {
    this(Wiring.fromEnvironment().plan());
  }

  /** With its service. */
  public PlanHandler(Plan service) {
    super(TaskReference.class);
    this.service = service;
  }

  @Override
  Plan.Result step(TaskReference request) throws IOException {
    return service.plan(request.taskId());
  }
}
