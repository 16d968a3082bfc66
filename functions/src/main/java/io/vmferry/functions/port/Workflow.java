package io.vmferry.functions.port;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;

/** The state machine that runs tasks. A task has one execution, which a retry runs again. */
public interface Workflow {
  /** The error that an execution ends with whose task was cancelled. */
  String CANCELLED = "TaskCancelled";

  /** Where an execution stands. */
  enum State {
    /** There is none. */
    NONE,
    /** It runs. */
    RUNNING,
    /** It has ended, well or not. */
    ENDED
  }

  /** Starts the execution of a task; starting it again does nothing. */
  void start(String taskId);

  /**
   * Runs the execution of a failed task again, from the state that failed; does nothing if it runs.
   *
   * @param attempt which run of the task it is to be; asking again for the same does nothing
   * @throws VmferryException {@link ErrorCode#TASK_NOT_RETRYABLE} if it can run no more
   */
  void redrive(String taskId, int attempt);

  /**
   * Cancels a task: its execution ends with {@link #CANCELLED}, and what follows every execution
   * that ends without success cleans up after it.
   *
   * @param reason for people
   * @return whether there was an execution that ran; if not, nothing follows, and the caller cleans
   *     up
   */
  boolean stop(String taskId, String reason);

  /**
   * How often the execution of a task has run: once, and once more for each time it was run again,
   * by whomever; 0 without an execution.
   */
  int runs(String taskId);

  /** Where the execution of a task stands. */
  State state(String taskId);
}
