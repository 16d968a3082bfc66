package io.vmferry.local.stepfunctions;

/** Where an execution is. All but RUNNING are final. */
public enum ExecutionStatus {
  RUNNING,
  SUCCEEDED,
  FAILED,
  TIMED_OUT,
  ABORTED
}
