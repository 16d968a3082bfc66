package io.vmferry.functions.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.error.ErrorCode;
import io.vmferry.functions.port.ExecutionReader;
import io.vmferry.functions.port.Workflow;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import java.io.IOException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CleanupEventTest {
  private final EventsFixture fixture = new EventsFixture();

  @ParameterizedTest
  @ValueSource(strings = {"FAILED", "TIMED_OUT", "ABORTED"})
  void anExecutionThatEndedWithoutSuccessIsCleanedUpAfter(String status) throws IOException {
    String id = planned();

    fixture.executionEnded(event(id, status, ""));
    fixture.executionEnded(event(id, status, ""));

    Task task = task(id);
    assertThat(task.status()).isEqualTo(TaskStatus.DELETED);
    assertThat(task.error().orElseThrow().code()).isEqualTo(ErrorCode.INTERNAL);
    assertThat(task.statusMessage()).contains(status);
    assertThat(fixture.pipeline.leftOver()).isEmpty();
  }

  @Test
  void theReasonIsLookedUpWhereTheEventHasNone() throws IOException {
    String id = planned();
    fixture.reason =
        Optional.of(new ExecutionReader.Reason(Optional.of(Workflow.CANCELLED), Optional.of("no")));

    fixture.executionEnded(event(id, "ABORTED", ""));

    assertThat(task(id).error().orElseThrow().code()).isEqualTo(ErrorCode.TASK_CANCELLED);
  }

  @Test
  void theReasonOfTheEventIsTaken() throws IOException {
    String id = planned();

    fixture.executionEnded(
        event(id, "FAILED", "\"error\": \"x\", \"cause\": \"IMAGE_EMPTY: it has 0 bytes\","));

    assertThat(task(id).error().orElseThrow().code()).isEqualTo(ErrorCode.IMAGE_EMPTY);
  }

  @ParameterizedTest
  @ValueSource(strings = {"RUNNING", "SUCCEEDED", "PENDING_REDRIVE"})
  void othersAreLeftAlone(String status) throws IOException {
    String id = planned();

    fixture.executionEnded(event(id, status, ""));

    assertThat(task(id).status().isFinal()).isFalse();
    assertThat(fixture.pipeline.leftOver()).isNotEmpty();
  }

  @Test
  void anExecutionOfNoTaskIsNoFailure() throws IOException {
    assertThat(fixture.executionEnded(event("by-hand", "FAILED", "")).path("taskId").asText())
        .isEqualTo("by-hand");
  }

  private String planned() throws IOException {
    byte[] disk = new byte[1 << 20];
    disk[5] = 1;
    fixture.pipeline.objects.put("b", "disk.raw", disk);
    String id =
        fixture.pipeline.start(Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", "s3://b/disk.raw"));
    fixture.pipeline.validateAndPlan(id);
    assertThat(fixture.pipeline.leftOver()).isNotEmpty();
    return id;
  }

  private Task task(String id) {
    return fixture.pipeline.tasks.find(id).orElseThrow();
  }

  /** As Step Functions sends it, with all it has besides. */
  private static String event(String name, String status, String more) {
    return """
        {"version": "0", "id": "315c1398-40ff-a850-213b-158f73e60175",
         "detail-type": "Step Functions Execution Status Change", "source": "aws.states",
         "account": "123456789012", "time": "2026-02-26T19:42:21Z", "region": "us-east-1",
         "resources": ["arn:aws:states:us-east-1:123456789012:execution:m:%1$s"],
         "detail": {"executionArn": "arn:aws:states:us-east-1:123456789012:execution:m:%1$s",
           "stateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:m",
           "name": "%1$s", "status": "%2$s", %3$s "startDate": 1551225146847,
           "stopDate": 1551225151881, "input": "{}", "output": null,
           "inputDetails": {"included": true}, "outputDetails": null}}"""
        .formatted(name, status, more);
  }
}
