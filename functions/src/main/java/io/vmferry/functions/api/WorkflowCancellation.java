package io.vmferry.functions.api;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.port.Workflow;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskError;
import io.vmferry.functions.task.TaskStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cancels tasks by ending their executions: the rule for executions that end without success cleans
 * up after them.
 */
public final class WorkflowCancellation implements Cancellation {
  private static final Logger LOG = LoggerFactory.getLogger(WorkflowCancellation.class);

  private final TaskStore tasks;
  private final Workflow workflow;

  /** A cancellation on these ports. */
  public WorkflowCancellation(TaskStore tasks, Workflow workflow) {
    this.tasks = tasks;
    this.workflow = workflow;
  }

  @Override
  public Task cancel(String taskId, String reason) {
    // Marked first: from here on no worker does anything for the task, whatever becomes of us.
    Task marked = tasks.update(taskId, task -> marked(task, reason));
    if (!workflow.stop(taskId, reason)) {
      // Nothing runs, so no cleanup would follow: an execution that ends at once brings one.
      if (workflow.state(taskId) == Workflow.State.NONE) {
        workflow.start(taskId);
        workflow.stop(taskId, reason);
      } else if (marked.status() == TaskStatus.DELETING
          && (marked.keptUntil().isPresent() || marked.attempt() > 1)) {
        endAgain(marked);
      }
    }
    return tasks.find(taskId).orElse(marked);
  }

  /**
   * Has the last step of a task fail again that had failed, and of which something was kept, or
   * which was retried and waits for its turn.
   */
  private void endAgain(Task marked) {
    try {
      workflow.redrive(marked.id(), marked.attempt() + 1);
    } catch (VmferryException e) {
      if (e.code() != ErrorCode.TASK_NOT_RETRYABLE) {
        throw e;
      }
      // It is cancelled all the same: the sweep removes what is left.
      LOG.warn("{} cannot be run again to be removed: {}", marked.id(), e.getMessage());
    }
  }

  private static Task marked(Task task, String reason) {
    if (task.status().isFinal()) {
      throw new VmferryException(
          ErrorCode.TASK_STATE_CONFLICT,
          "the task %s is %s and cannot be cancelled"
              .formatted(task.id(), TaskView.status(task.status())));
    }
    if (task.status() == TaskStatus.DELETING) {
      return task;
    }
    TaskError cancelled =
        new TaskError(
            ErrorCode.TASK_CANCELLED,
            new VmferryException(ErrorCode.TASK_CANCELLED, "cancelled: " + reason).getMessage());
    return task.cancelled(cancelled);
  }
}
