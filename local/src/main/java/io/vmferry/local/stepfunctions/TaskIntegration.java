package io.vmferry.local.stepfunctions;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Set;

/** What Task states of one Resource do. Safe for use by many threads at once. */
public interface TaskIntegration {

  /** The Resource this serves: {@code arn:aws:states:::lambda:invoke}. */
  String resource();

  /** The members its Arguments may have; others are refused. */
  Set<String> arguments();

  /** The members its Arguments must have. */
  Set<String> requiredArguments();

  /**
   * Runs the task to its end.
   *
   * @param arguments an object with {@link #arguments()} only
   * @return the result, {@code $states.result}
   * @throws TaskFailedException if the task fails
   * @throws InterruptedException if the execution is stopped or the task's time is over; the task
   *     is to be given up then
   */
  JsonNode run(JsonNode arguments) throws TaskFailedException, InterruptedException;

  /**
   * Runs the task as the state machine's role, which must be allowed to. An integration that knows
   * no roles lets everybody do it.
   *
   * @param roleArn the role of the state machine
   */
  default JsonNode run(JsonNode arguments, String roleArn)
      throws TaskFailedException, InterruptedException {
    return run(arguments);
  }
}
