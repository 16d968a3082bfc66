package io.vmferry.functions.service;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.task.Task;

/** Tasks that workers may still work for. */
final class Running {
  private Running() {}

  /**
   * A task that has not ended and is not being removed.
   *
   * @throws VmferryException {@link ErrorCode#TASK_NOT_FOUND} or {@link
   *     ErrorCode#TASK_STATE_CONFLICT}
   */
  static Task find(TaskStore tasks, String id) {
    Task task =
        tasks
            .find(id)
            .orElseThrow(
                () -> new VmferryException(ErrorCode.TASK_NOT_FOUND, "there is no task " + id));
    if (!task.status().isWorkedFor()) {
      throw new VmferryException(
          ErrorCode.TASK_STATE_CONFLICT,
          "task %s is %s; no more work is done for it".formatted(id, task.status()));
    }
    return task;
  }

  /**
   * Looks whether a worker that has begun may go on: the task is worked for, and was not retried
   * since, for a retry has workers of its own.
   *
   * @param begun the task as the worker found it when it began
   * @throws VmferryException as {@link #find}
   */
  static void check(TaskStore tasks, Task begun) {
    Task now = find(tasks, begun.id());
    if (now.attempt() != begun.attempt()) {
      throw new VmferryException(
          ErrorCode.TASK_STATE_CONFLICT,
          "task %s was retried; the work of its run %d has ended"
              .formatted(begun.id(), begun.attempt()));
    }
  }
}
