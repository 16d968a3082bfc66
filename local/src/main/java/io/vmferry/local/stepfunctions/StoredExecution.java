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
 * @param position the last state of the top level that was entered; none of one that succeeded
 * @param notified whether the listeners have heard of its end
 * @param redriveCount how often it was run again
 * @param redriveMillis when it was last run again
 * @param redriveToken the client token of that request
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
    boolean notified,
    int redriveCount,
    @Nullable Long redriveMillis,
    @Nullable String redriveToken) {

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
        notified,
        redriveCount,
        redriveMillis,
        redriveToken);
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
        ending.status() == ExecutionStatus.SUCCEEDED ? null : position,
        false,
        redriveCount,
        redriveMillis,
        redriveToken);
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
        true,
        redriveCount,
        redriveMillis,
        redriveToken);
  }

  /** The execution as it runs again, from the state that did not succeed, which is entered now. */
  StoredExecution redriven(long atMillis, @Nullable String token) {
    return new StoredExecution(
        arn,
        name,
        stateMachineArn,
        stateMachineName,
        roleArn,
        ExecutionStatus.RUNNING,
        startMillis,
        null,
        input,
        null,
        null,
        null,
        position == null
            ? null
            : new Position(position.state(), position.input(), position.variables(), atMillis),
        false,
        redriveCount + 1,
        atMillis,
        token);
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
        Optional.ofNullable(cause),
        redriveCount,
        Optional.ofNullable(redriveMillis).map(Instant::ofEpochMilli));
  }
}
