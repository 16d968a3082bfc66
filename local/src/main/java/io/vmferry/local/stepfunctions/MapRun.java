package io.vmferry.local.stepfunctions;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** One run of a distributed Map state, with its counts. */
final class MapRun {
  private final String arn;
  private final String executionArn;
  private final long startMillis;
  private final int maxConcurrency;
  private final AtomicLong started = new AtomicLong();
  private final AtomicLong succeeded = new AtomicLong();
  private final AtomicLong failed = new AtomicLong();
  private final AtomicLong aborted = new AtomicLong();
  private volatile ExecutionStatus status = ExecutionStatus.RUNNING;
  private volatile @Nullable Long stopMillis;

  MapRun(String arn, String executionArn, long startMillis, int maxConcurrency) {
    this.arn = arn;
    this.executionArn = executionArn;
    this.startMillis = startMillis;
    this.maxConcurrency = maxConcurrency;
  }

  String arn() {
    return arn;
  }

  String executionArn() {
    return executionArn;
  }

  long startMillis() {
    return startMillis;
  }

  Optional<Long> stopMillis() {
    return Optional.ofNullable(stopMillis);
  }

  int maxConcurrency() {
    return maxConcurrency;
  }

  ExecutionStatus status() {
    return status;
  }

  void end(ExecutionStatus end, long atMillis) {
    stopMillis = atMillis;
    status = end;
  }

  AtomicLong started() {
    return started;
  }

  AtomicLong succeeded() {
    return succeeded;
  }

  AtomicLong failed() {
    return failed;
  }

  AtomicLong aborted() {
    return aborted;
  }
}
