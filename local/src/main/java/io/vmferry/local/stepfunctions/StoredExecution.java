package io.vmferry.local.stepfunctions;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An execution as its file holds it.
 *
 * @param position the last state of the top level that was entered, while the execution runs
 * @param notified whether the listeners have heard of its end
 */
record StoredExecution(
    String arn,
    String name,
    String stateMachineArn,
    String stateMachineName,
    String roleArn,
    ExecutionStatus status,
    long startMillis,
    @Nullable Long stopMillis,
    String input,
    @Nullable String output,
    @Nullable String error,
    @Nullable String cause,
    @Nullable Position position,
    boolean notified) {

  /** A state of the top level, as it was entered. */
  record Position(String state, JsonNode input, ObjectNode variables, long enteredMillis) {}

  /** How an execution ended. */
  record Ending(
      ExecutionStatus status,
      @Nullable String output,
      @Nullable String error,
      @Nullable String cause) {}

  StoredExecution at(Position newPosition) {
    return new StoredExecution(
        arn,
        name,
        stateMachineArn,
        stateMachineName,
        roleArn,
        status,
        startMillis,
        stopMillis,
        input,
        output,
        error,
        cause,
        newPosition,
        notified);
  }

  StoredExecution ended(Ending ending, long atMillis) {
    return new StoredExecution(
        arn,
        name,
        stateMachineArn,
        stateMachineName,
        roleArn,
        ending.status(),
        startMillis,
        atMillis,
        input,
        ending.output(),
        ending.error(),
        ending.cause(),
        null,
        false);
  }

  StoredExecution told() {
    return new StoredExecution(
        arn,
        name,
        stateMachineArn,
        stateMachineName,
        roleArn,
        status,
        startMillis,
        stopMillis,
        input,
        output,
        error,
        cause,
        position,
        true);
  }

  @JsonIgnore
  boolean isRunning() {
    return status == ExecutionStatus.RUNNING;
  }

  Execution toExecution() {
    return new Execution(
        arn,
        stateMachineArn,
        name,
        status,
        Instant.ofEpochMilli(startMillis),
        Optional.ofNullable(stopMillis).map(Instant::ofEpochMilli),
        input,
        Optional.ofNullable(output),
        Optional.ofNullable(error),
        Optional.ofNullable(cause));
  }
}
