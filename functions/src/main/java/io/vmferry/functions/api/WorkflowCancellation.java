package io.vmferry.functions.api;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.port.Workflow;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskError;
import io.vmferry.functions.task.TaskStatus;

/**
 * Cancels tasks by ending their executions: the rule for executions that end without success cleans
 * up after them.
 */
public final class WorkflowCancellation implements Cancellation {
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
      } else if (marked.status() == TaskStatus.DELETING && marked.keptUntil().isPresent()) {
        // It had failed, and what it had written was kept: its last step fails again.
        workflow.redrive(taskId, marked.attempt() + 1);
      }
    }
    return tasks.find(taskId).orElse(marked);
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
