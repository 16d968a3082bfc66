package io.vmferry.local.stepfunctions;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Set;

/** A state failed with an error that Retry and Catch may handle. */
final class StateFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  static final String ALL = "States.ALL";
  static final String DATA_LIMIT_EXCEEDED = "States.DataLimitExceeded";
  static final String EXCEED_TOLERATED_FAILURES = "States.ExceedToleratedFailureThreshold";
  static final String ITEM_READER_FAILED = "States.ItemReaderFailed";
  static final String NO_CHOICE_MATCHED = "States.NoChoiceMatched";
  static final String QUERY_EVALUATION_ERROR = "States.QueryEvaluationError";
  static final String RUNTIME = "States.Runtime";
  static final String TASK_FAILED = "States.TaskFailed";
  static final String TIMEOUT = "States.Timeout";

  /**
   * The errors of the service's own that Retry and Catch may name. The last three never happen
   * here. {@code States.Runtime} cannot be handled, and {@code States.BranchFailed} is not
   * reported: a Parallel state fails with its branch's own error.
   */
  static final Set<String> CATCHABLE =
      Set.of(
          ALL,
          DATA_LIMIT_EXCEEDED,
          EXCEED_TOLERATED_FAILURES,
          ITEM_READER_FAILED,
          NO_CHOICE_MATCHED,
          QUERY_EVALUATION_ERROR,
          TASK_FAILED,
          TIMEOUT,
          "States.HeartbeatTimeout",
          "States.Permissions",
          "States.ResultWriterFailed");

  private final String error;
  private final String explanation;

  StateFailure(String error, String explanation) {
    super(error + ": " + explanation);
    this.error = error;
    this.explanation = explanation;
  }

  String error() {
    return error;
  }

  String explanation() {
    return explanation;
  }

  /** Says in which state, as the service does for errors of its own. */
  StateFailure in(String state, long enteredEvent) {
    // States.TaskFailed is an integration's word, with a cause that is read by programs.
    if (!error.startsWith("States.")
        || error.equals(TASK_FAILED)
        || explanation.startsWith("An error occurred while")) {
      return this;
    }
    return new StateFailure(
        error,
        "An error occurred while executing the state '"
            + state
            + "' (entered at the event id #"
            + enteredEvent
            + "). "
            + explanation);
  }

  /** What a Catch sees as {@code $states.errorOutput}. */
  ObjectNode output() {
    return JsonNodeFactory.instance.objectNode().put("Error", error).put("Cause", explanation);
  }

  /**
   * Whether an {@code ErrorEquals} names this error. {@code States.ALL} and {@code
   * States.TaskFailed} are wildcards that leave out the terminal errors, {@code
   * States.DataLimitExceeded} and {@code States.Runtime}; the latter cannot be handled at all.
   */
  boolean matches(List<String> errorEquals) {
    if (error.equals(RUNTIME)) {
      return false;
    }
    if (errorEquals.contains(error)) {
      return true;
    }
    if (error.equals(DATA_LIMIT_EXCEEDED)) {
      return false;
    }
    return errorEquals.contains(ALL)
        || (errorEquals.contains(TASK_FAILED) && !error.equals(TIMEOUT));
  }
}
