package io.vmferry.local.stepfunctions;

/** Hears of executions that ended, as an EventBridge rule would: at least once each. */
@FunctionalInterface
public interface ExecutionStatusListener {

  /** An execution has ended; its status is final. */
  void ended(Execution execution);
}
