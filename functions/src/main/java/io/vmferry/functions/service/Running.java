package io.vmferry.functions.service;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskStatus;

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
    if (task.status().compareTo(TaskStatus.COMPLETED) >= 0) {
      throw new VmferryException(
          ErrorCode.TASK_STATE_CONFLICT,
          "task %s is %s; no more work is done for it".formatted(id, task.status()));
    }
    return task;
  }
}
