package io.vmferry.functions.aws;

import io.vmferry.functions.port.ExecutionReader;
import java.util.Optional;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.sfn.SfnClient;
import software.amazon.awssdk.services.sfn.model.DescribeExecutionResponse;
import software.amazon.awssdk.services.sfn.model.ExecutionDoesNotExistException;

/** Executions in Step Functions. */
public final class StepFunctionsExecutionReader implements ExecutionReader {
  private final Supplier<SfnClient> sfn;

  /** Executions as that client sees them. */
  public StepFunctionsExecutionReader(Supplier<SfnClient> sfn) {
    this.sfn = sfn;
  }

  @Override
  public Optional<Reason> failure(String executionArn) {
    try {
      DescribeExecutionResponse execution =
          sfn.get().describeExecution(r -> r.executionArn(executionArn));
      return execution.error() == null && execution.cause() == null
          ? Optional.empty()
          : Optional.of(
              new Reason(
                  Optional.ofNullable(execution.error()), Optional.ofNullable(execution.cause())));
    } catch (ExecutionDoesNotExistException e) {
      return Optional.empty();
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "states:DescribeExecution", executionArn);
    }
  }
}
