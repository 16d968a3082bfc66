package io.vmferry.functions.handler;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.ExecutionReader;
import io.vmferry.functions.service.Cleanup;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Removes what a task has made whose execution ended without success: failed, timed out or was
 * stopped. The task is named as the execution.
 */
public final class CleanupEventHandler extends StepHandler<ExecutionStatusChange, TaskReference> {
  private static final Logger LOG = LoggerFactory.getLogger(CleanupEventHandler.class);

  private final Cleanup service;
  private final ExecutionReader executions;

  /** For Lambda: wired from the environment. */
  public CleanupEventHandler() {
    this(EventsWiring.fromEnvironment());
  }

  private CleanupEventHandler(EventsWiring wiring) {
    this(wiring.cleanup(), wiring.executions());
  }

  /** With its service. */
  public CleanupEventHandler(Cleanup service, ExecutionReader executions) {
    super(ExecutionStatusChange.class);
    this.service = service;
    this.executions = executions;
  }

  @Override
  TaskReference step(ExecutionStatusChange event) {
    String taskId = event.detail().name();
    if (event.detail().hasFailed()) {
      try {
        Failure failure = event.failure(executions);
        service.clean(taskId, failure.reason(), failure.run());
      } catch (VmferryException e) {
        if (e.code() != ErrorCode.TASK_NOT_FOUND) {
          throw e;
        }
        // Someone started an execution by hand.
        LOG.warn("{} is no task's execution", event.detail().executionArn());
      }
    }
    return new TaskReference(taskId);
  }
}
