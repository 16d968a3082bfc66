package io.vmferry.functions.port;

/** The state machine that runs tasks. */
public interface Workflow {

  /** Starts the execution of a task; starting it again does nothing. */
  void start(String taskId);

  /** Stops the execution of a task, running or not. */
  void stop(String taskId, String reason);
}
