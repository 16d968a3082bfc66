package io.vmferry.functions.aws;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.port.Workflow;
import java.util.Map;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sfn.SfnClient;
import software.amazon.awssdk.services.sfn.model.ExecutionAlreadyExistsException;
import software.amazon.awssdk.services.sfn.model.ExecutionDoesNotExistException;
import software.amazon.awssdk.services.sfn.model.ExecutionNotRedrivableException;
import software.amazon.awssdk.services.sfn.model.ExecutionStatus;

/** The state machine in Step Functions. An execution is named as its task. */
public final class StepFunctionsWorkflow implements Workflow {
  private static final int LONGEST_CAUSE = 32_768;

  private final Supplier<SfnClient> sfn;
  private final String stateMachineArn;

  /**
   * The workflow that a state machine runs.
   *
   * @param stateMachineArn the ARN of a standard workflow's state machine
   */
  public StepFunctionsWorkflow(Supplier<SfnClient> sfn, String stateMachineArn) {
    this.sfn = sfn;
    this.stateMachineArn = stateMachineArn;
  }

  @Override
  public void start(String taskId) {
    try {
      sfn.get()
          .startExecution(
              r ->
                  r.stateMachineArn(stateMachineArn)
                      .name(taskId)
                      .input(Json.write(Map.of("taskId", taskId))));
    } catch (ExecutionAlreadyExistsException e) {
      // Started before, and ended since: while it runs, Step Functions itself lets the same start
      // pass.
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "states:StartExecution", taskId);
    }
  }

  @Override
  public void redrive(String taskId, int attempt) {
    try {
      sfn.get()
          .redriveExecution(
              r -> r.executionArn(executionArn(taskId)).clientToken(taskId + "-" + attempt));
    } catch (ExecutionNotRedrivableException e) {
      if (state(taskId) != State.RUNNING) {
        throw new VmferryException(
            ErrorCode.TASK_NOT_RETRYABLE,
            "the execution of task %s cannot run again: %s"
                .formatted(taskId, AwsFailures.describe(e)),
            e);
      }
    } catch (ExecutionDoesNotExistException e) {
      throw new VmferryException(
          ErrorCode.TASK_NOT_RETRYABLE,
          "Step Functions knows the execution of task %s no more".formatted(taskId),
          e);
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "states:RedriveExecution", taskId);
    }
  }

  @Override
  public boolean stop(String taskId, String reason) {
    // Stopping what has ended is no failure, but nothing follows it either.
    if (state(taskId) != State.RUNNING) {
      return false;
    }
    String cause = reason.substring(0, Math.min(reason.length(), LONGEST_CAUSE));
    try {
      sfn.get()
          .stopExecution(r -> r.executionArn(executionArn(taskId)).error(CANCELLED).cause(cause));
      return true;
    } catch (ExecutionDoesNotExistException e) {
      return false;
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "states:StopExecution", taskId);
    }
  }

  @Override
  public int runs(String taskId) {
    try {
      Integer redrives =
          sfn.get().describeExecution(r -> r.executionArn(executionArn(taskId))).redriveCount();
      return redrives == null ? 1 : 1 + redrives;
    } catch (ExecutionDoesNotExistException e) {
      return 0;
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "states:DescribeExecution", taskId);
    }
  }

  @Override
  public State state(String taskId) {
    try {
      ExecutionStatus status =
          sfn.get().describeExecution(r -> r.executionArn(executionArn(taskId))).status();
      return status == ExecutionStatus.RUNNING ? State.RUNNING : State.ENDED;
    } catch (ExecutionDoesNotExistException e) {
      // Not started, or so long ago that Step Functions has forgotten it: nothing runs.
      return State.NONE;
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "states:DescribeExecution", taskId);
    }
  }

  private String executionArn(String taskId) {
    return stateMachineArn.replace(":stateMachine:", ":execution:") + ":" + taskId;
  }
}
