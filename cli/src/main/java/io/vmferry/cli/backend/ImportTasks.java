package io.vmferry.cli.backend;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Task;

/** Import tasks. */
public interface ImportTasks extends TaskRecords {

  /**
   * Accepts a request and starts its work.
   *
   * @throws VmferryException {@link ErrorCode#PARAMETER_INVALID}, {@link
   *     ErrorCode#CLIENT_TOKEN_CONFLICT} and others that concern the request
   */
  Task start(ImportRequest request);

  /**
   * Cancels a task: its work stops and what it made is removed.
   *
   * @return the task, which may still be {@code DELETING}
   * @throws VmferryException {@link ErrorCode#TASK_NOT_FOUND}, {@link
   *     ErrorCode#TASK_STATE_CONFLICT} if it has ended
   */
  Task cancel(String id);

  /**
   * Lets a failed task go on from what it had written.
   *
   * @throws VmferryException {@link ErrorCode#TASK_NOT_FOUND}, {@link
   *     ErrorCode#TASK_STATE_CONFLICT} if it has not failed or nothing is left of it, {@link
   *     ErrorCode#TASK_NOT_RETRYABLE}, {@link ErrorCode#SOURCE_CHANGED}
   */
  Task retry(String id);

  /**
   * Lets tasks go on that were interrupted with the process that ran them. Those of another process
   * go on by themselves.
   */
  void resume();
}
