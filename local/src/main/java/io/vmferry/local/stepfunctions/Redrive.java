package io.vmferry.local.stepfunctions;

import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Which executions may be run again ("Restarting state machine executions with redrive" of the Step
 * Functions Developer Guide).
 */
final class Redrive {
  /** For how long after its end an execution may be run again. */
  static final Duration PERIOD = Duration.ofDays(14);

  /** For how long the same client token stands for the same request. */
  static final Duration TOKEN_PERIOD = Duration.ofMinutes(15);

  /** How often at most. */
  static final int MOST = 1000;

  private Redrive() {}

  /**
   * Why an execution cannot be run again, as DescribeExecution tells it; empty if it can.
   *
   * @param events how many events its history has
   */
  static Optional<String> obstacle(Execution execution, long events, Instant now) {
    return switch (execution.status()) {
      case RUNNING -> Optional.of("Execution is RUNNING and cannot be redriven");
      case SUCCEEDED -> Optional.of("Execution is SUCCEEDED and cannot be redriven");
      case FAILED, TIMED_OUT, ABORTED -> {
        if (execution.stopDate().orElse(now).plus(PERIOD).isBefore(now)) {
          yield Optional.of("Execution redrivable period exceeded");
        }
        if (events >= Limits.HISTORY_EVENTS - 1) {
          yield Optional.of("Execution history event limit exceeded");
        }
        yield execution.redriveCount() >= MOST
            ? Optional.of("Execution has been redriven " + MOST + " times")
            : Optional.empty();
      }
    };
  }

  /** Whether a request repeats the last one. */
  static boolean isRepeated(StoredExecution execution, @Nullable String token, Instant now) {
    Long last = execution.redriveMillis();
    return token != null
        && token.equals(execution.redriveToken())
        && last != null
        && Instant.ofEpochMilli(last).plus(TOKEN_PERIOD).isAfter(now);
  }
}
