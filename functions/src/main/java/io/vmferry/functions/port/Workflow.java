package io.vmferry.functions.port;

/** The state machine that runs tasks. */
public interface Workflow {
  /** The error that an execution ends with whose task was cancelled. */
  String CANCELLED = "TaskCancelled";

  /** Starts the execution of a task; starting it again does nothing. */
  void start(String taskId);

  /**
   * Cancels a task: its execution ends with {@link #CANCELLED}, and what follows every execution
   * that ends without success cleans up after it.
   *
   * @param reason for people
   * @return whether there was an execution; if not, nothing follows, and the caller cleans up
   */
  boolean stop(String taskId, String reason);
}
