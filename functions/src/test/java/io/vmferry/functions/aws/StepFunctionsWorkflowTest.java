package io.vmferry.functions.aws;

import static io.vmferry.functions.aws.TestClients.assertFails;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import io.vmferry.error.ErrorCode;
import io.vmferry.functions.aws.ScriptedServer.Answer;
import io.vmferry.functions.port.Workflow;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class StepFunctionsWorkflowTest {
  private static final String TASK = "import-ami-0123456789abcdef0";

  private final ScriptedServer server = new ScriptedServer();
  private final StepFunctionsWorkflow workflow =
      new StepFunctionsWorkflow(
          () -> TestClients.sfn(server.endpoint()),
          "arn:aws:states:eu-west-1:123456789012:stateMachine:import");

  @AfterEach
  void close() {
    server.close();
  }

  private static Answer error(String code) {
    return Answer.of(400, Map.of(), "{\"__type\":\"%s\",\"message\":\"as told\"}".formatted(code));
  }

  @Test
  void startsAnExecution() {
    server.answer(Answer.of(200, Map.of(), "{\"executionArn\":\"arn\",\"startDate\":1}"));

    workflow.start(TASK);

    assertThat(server.requests().getFirst().header("X-Amz-Target"))
        .contains("AWSStepFunctions.StartExecution");
  }

  @Test
  void anExecutionThatRanBeforeIsNotStartedAgain() {
    server.answer(error("ExecutionAlreadyExists"));

    assertThatCode(() -> workflow.start(TASK)).doesNotThrowAnyException();
  }

  @Test
  void anExecutionThatIsStoppedEndsAsCancelled() {
    server.answer(Answer.of(200, Map.of(), "{\"status\":\"RUNNING\",\"stopDate\":1}"));

    assertThat(workflow.stop(TASK, "by the user")).isTrue();

    assertThat(server.requests().getFirst().header("X-Amz-Target"))
        .contains("AWSStepFunctions.DescribeExecution");
    assertThat(server.requests().get(1).text())
        .contains("arn:aws:states:eu-west-1:123456789012:execution:import:" + TASK)
        .contains("\"error\":\"" + Workflow.CANCELLED + "\"")
        .contains("\"cause\":\"by the user\"");
  }

  @Test
  void anExecutionThatDoesNotExistNeedsNoStop() {
    server.answer(error("ExecutionDoesNotExist"));

    assertThat(workflow.stop(TASK, "cancelled")).isFalse();
  }

  @Test
  void otherFailuresAreTold() {
    server.answer(error("StateMachineDoesNotExist"));

    assertFails(ErrorCode.INTERNAL, () -> workflow.start(TASK))
        .hasMessageContaining("states:StartExecution on " + TASK);
    assertFails(ErrorCode.INTERNAL, () -> workflow.stop(TASK, "x".repeat(40_000)))
        .hasMessageContaining("states:DescribeExecution on " + TASK);
  }

  @Test
  void anExecutionThatHasEndedIsNotStopped() {
    server.answer(Answer.of(200, Map.of(), "{\"status\":\"FAILED\"}"));

    assertThat(workflow.stop(TASK, "cancelled")).isFalse();

    assertThat(server.requests()).hasSize(1);
    assertThat(workflow.state(TASK)).isEqualTo(Workflow.State.ENDED);
  }

  @Test
  void aFailedExecutionIsRunAgainOncePerAttempt() {
    server.answer(Answer.of(200, Map.of(), "{\"redriveDate\":1}"));

    workflow.redrive(TASK, 2);

    assertThat(server.requests().getFirst().header("X-Amz-Target"))
        .contains("AWSStepFunctions.RedriveExecution");
    assertThat(server.requests().getFirst().text())
        .contains("arn:aws:states:eu-west-1:123456789012:execution:import:" + TASK)
        .contains("\"clientToken\":\"" + TASK + "-2\"");
  }

  @Test
  void theRunsOfAnExecutionAreItsFirstOneAndThoseAgain() {
    server.answer(Answer.of(200, Map.of(), "{\"status\":\"FAILED\"}"));
    assertThat(workflow.runs(TASK)).isEqualTo(1);
    server.answer(Answer.of(200, Map.of(), "{\"status\":\"FAILED\",\"redriveCount\":2}"));
    assertThat(workflow.runs(TASK)).isEqualTo(3);
    server.answer(error("ExecutionDoesNotExist"));
    assertThat(workflow.runs(TASK)).isZero();
  }

  @Test
  void anExecutionThatIsForgottenCannotBeRunAgain() {
    server.answer(error("ExecutionDoesNotExist"));

    assertFails(ErrorCode.TASK_NOT_RETRYABLE, () -> workflow.redrive(TASK, 2));
    assertThat(workflow.state(TASK)).isEqualTo(Workflow.State.NONE);
  }

  @Test
  void anExecutionThatCannotBeRedrivenIsToldUnlessItRuns() {
    server.answer(error("ExecutionNotRedrivable"));
    server.answer(Answer.of(200, Map.of(), "{\"status\":\"FAILED\"}"));

    assertFails(ErrorCode.TASK_NOT_RETRYABLE, () -> workflow.redrive(TASK, 2));
  }

  @Test
  void tooManyExecutionsAreALackOfCapacity() {
    server.answer(error("ExecutionLimitExceeded"));

    assertFails(ErrorCode.SERVICE_THROTTLED, () -> workflow.start(TASK));
  }
}
