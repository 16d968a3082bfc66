package io.vmferry.functions.api;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.Task;

/** Ends tasks at their users' wish. */
@FunctionalInterface
public interface Cancellation {

  /**
   * Cancels a task; what it has made is removed soon after.
   *
   * @param reason the user's, for people
   * @return the task as it is now: deleting, or deleted already
   * @throws VmferryException {@link ErrorCode#TASK_NOT_FOUND}; {@link
   *     ErrorCode#TASK_STATE_CONFLICT} if it has ended
   */
  Task cancel(String taskId, String reason);
}
