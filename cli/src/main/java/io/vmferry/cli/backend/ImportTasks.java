package io.vmferry.cli.backend;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Progress;
import io.vmferry.functions.task.Task;
import java.util.List;
import java.util.Optional;

/** Import tasks. */
public interface ImportTasks {

  /**
   * Accepts a request and starts its work.
   *
   * @throws VmferryException {@link ErrorCode#PARAMETER_INVALID}, {@link
   *     ErrorCode#CLIENT_TOKEN_CONFLICT} and others that concern the request
   */
  Task start(ImportRequest request);

  /** The task of that id, as it is now. */
  Optional<Task> find(String id);

  /** Every task, the newest first. */
  List<Task> list();

  /** How far a task is. */
  Progress progress(String id);

  /**
   * Cancels a task: its work stops and what it made is removed.
   *
   * @return the task, which may still be {@code DELETING}
   * @throws VmferryException {@link ErrorCode#TASK_NOT_FOUND}, {@link
   *     ErrorCode#TASK_STATE_CONFLICT} if it has ended
   */
  Task cancel(String id);

  /**
   * Lets tasks go on that were interrupted with the process that ran them. Those of another process
   * go on by themselves.
   */
  void resume();
}
