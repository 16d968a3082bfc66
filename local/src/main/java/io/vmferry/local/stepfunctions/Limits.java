package io.vmferry.local.stepfunctions;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** The service's quotas that executions meet. */
final class Limits {
  /** The most bytes a state's input, output, arguments or result may have, as UTF-8 JSON. */
  static final int PAYLOAD = 256 * 1024;

  /** The most bytes one Assign may store, and any one variable may have. */
  static final int ASSIGN = 256 * 1024;

  /** The most bytes all variables of an execution may have. */
  static final long VARIABLES = 10L * 1024 * 1024;

  /** The most events an execution's history may have. */
  static final long HISTORY_EVENTS = 25_000;

  /** The most bytes of a definition. */
  static final int DEFINITION = 1024 * 1024;

  /** The most characters of names of states, executions, state machines and variables. */
  static final int NAME = 80;

  /** The most children an inline Map state runs at once. */
  static final int INLINE_CONCURRENCY = 40;

  /** How long a child execution of type EXPRESS may run. */
  static final Duration EXPRESS = Duration.ofMinutes(5);

  private Limits() {}

  static int bytes(JsonNode value) {
    return value.toString().getBytes(StandardCharsets.UTF_8).length;
  }

  /**
   * Checks a payload.
   *
   * @param what as {@code The state/task 'Convert' returned a result}
   * @throws StateFailure {@code States.DataLimitExceeded}
   */
  static JsonNode check(JsonNode payload, String what) {
    if (bytes(payload) > PAYLOAD) {
      throw new StateFailure(
          StateFailure.DATA_LIMIT_EXCEEDED,
          what + " with a size exceeding the maximum number of bytes service limit.");
    }
    return payload;
  }
}
