package io.vmferry.functions.service;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.port.Workflow;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskError;
import io.vmferry.functions.task.TaskEvent;
import io.vmferry.functions.task.TaskStatus;

/**
 * Cancels a task: nothing works for it any more, and nothing of it is left.
 *
 * <p>The task becomes {@link TaskStatus#DELETING} first. From then on no step begins for it, those
 * that run end at their next look, and none can complete it. Then its execution is stopped, and
 * what follows every execution that ends without success cleans up; where there is none, that is
 * done here.
 */
public final class CancelTask {
  private final TaskStore tasks;
  private final Workflow workflow;
  private final Cleanup cleanup;
  private final TaskLog log;

  /** A service on these. */
  public CancelTask(TaskStore tasks, Workflow workflow, Cleanup cleanup, TaskLog log) {
    this.tasks = tasks;
    this.workflow = workflow;
    this.cleanup = cleanup;
    this.log = log;
  }

  /**
   * Cancels a task. Cancelling it again, while it is removed or afterwards, does nothing.
   *
   * @return the task, {@link TaskStatus#DELETING} or {@link TaskStatus#DELETED}
   * @throws VmferryException {@link ErrorCode#TASK_NOT_FOUND}; {@link
   *     ErrorCode#TASK_STATE_CONFLICT} if it is completed, or has failed and nothing is left of it
   */
  public Task cancel(String taskId) {
    Task found =
        tasks
            .find(taskId)
            .orElseThrow(
                () ->
                    new VmferryException(
                        ErrorCode.TASK_NOT_FOUND, "there is no task %s".formatted(taskId)));
    if (found.status() == TaskStatus.DELETED && wasCancelled(found)) {
      return found;
    }
    TaskError reason = reason();
    Task task = tasks.update(taskId, t -> cancelled(t, reason));
    if (found.status() != TaskStatus.DELETING) {
      log.add(taskId, TaskEvent.Kind.REQUEST, "cancelled");
    }
    return workflow.stop(taskId, "cancelled") ? task : cleanup.remove(taskId, reason);
  }

  private static TaskError reason() {
    VmferryException cancelled = new VmferryException(ErrorCode.TASK_CANCELLED, "cancelled");
    return new TaskError(cancelled.code(), String.valueOf(cancelled.getMessage()));
  }

  private static Task cancelled(Task task, TaskError reason) {
    if (task.status() == TaskStatus.DELETING) {
      return task;
    }
    if (task.status().isFinal()) {
      throw new VmferryException(
          ErrorCode.TASK_STATE_CONFLICT,
          "task %s is %s and cannot be cancelled".formatted(task.id(), task.status()));
    }
    return task.cancelled(reason);
  }

  /** Whether a task is gone because somebody wanted that: a kept one says why it failed. */
  private static boolean wasCancelled(Task task) {
    return task.keptUntil().isPresent()
        || task.error().map(error -> error.code() == ErrorCode.TASK_CANCELLED).orElse(false);
  }
}
