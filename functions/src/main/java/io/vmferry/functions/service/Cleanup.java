package io.vmferry.functions.service;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskError;
import io.vmferry.functions.task.TaskStatus;

/**
 * Ends a task that failed or was cancelled: nothing of it is left but its record and the reason.
 */
public final class Cleanup {
  private final TaskStore tasks;
  private final Removal removal;

  /** A service on these. */
  public Cleanup(TaskStore tasks, Removal removal) {
    this.tasks = tasks;
    this.removal = removal;
  }

  /**
   * Notes why a task fails, so that the reason is known whatever the state machine makes of it. The
   * first reason stays.
   *
   * @throws VmferryException {@link ErrorCode#TASK_NOT_FOUND}
   */
  public void note(String taskId, TaskError error) {
    tasks.update(taskId, t -> t.status().isFinal() ? t : t.withError(error));
  }

  /**
   * Removes what a task has made. A task that ended before is left as it is; cleaning again does no
   * harm.
   *
   * @param error why; kept unless the task has a reason already
   * @return the task as it ended
   * @throws VmferryException if something cannot be removed now; the task stays {@link
   *     TaskStatus#DELETING}
   */
  public Task clean(String taskId, TaskError error) {
    Task task =
        tasks.update(
            taskId,
            t -> {
              if (t.status().isFinal()) {
                return t;
              }
              Task failed = t.withError(error);
              return failed.advanced(TaskStatus.DELETING, failed.error().orElse(error).message());
            });
    if (task.status().isFinal()) {
      return task;
    }
    removal.removeAll(taskId);
    return tasks.update(
        taskId,
        t -> t.advanced(TaskStatus.DELETED, t.error().map(TaskError::message).orElse("deleted")));
  }
}
