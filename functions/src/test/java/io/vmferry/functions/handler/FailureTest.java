package io.vmferry.functions.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.error.ErrorCode;
import io.vmferry.functions.task.TaskError;
import org.junit.jupiter.api.Test;

class FailureTest {
  /** What Step Functions says of a container that ended so. */
  static String ecs(int exitCode) {
    return """
        {"ClusterArn":"arn:aws:ecs:us-east-1:000000000000:cluster/c",
         "Containers":[{"ExitCode":%d,"LastStatus":"STOPPED","Name":"convert","TaskArn":"arn:x"%s}],
         "StopCode":"EssentialContainerExited","StoppedReason":"Essential container in task exited",
         "TaskArn":"arn:aws:ecs:us-east-1:000000000000:task/c/0f"}
        """
        .formatted(exitCode, exitCode == 137 ? ",\"Reason\":\"OutOfMemoryError: killed\"" : "");
  }

  @Test
  void aContainerThatWasKilledIsSaidToBe() {
    TaskError reason = new Failure("t", "States.TaskFailed", ecs(137)).reason();
    assertThat(reason.code()).isEqualTo(ErrorCode.CONTAINER_FAILED);
    assertThat(reason.message())
        .contains(
            "the container convert ended with 137; OutOfMemoryError: killed; Essential container")
        .contains("task/c/0f");
  }

  @Test
  void aContainerThatNeverStartedIsSaidNotToHave() {
    String cause =
        """
        {"Containers":[{"Name":"convert"}],"StoppedReason":"CannotPullContainerError: no route",
         "TaskArn":"arn:t"}
        """;
    TaskError reason = new Failure("t", "States.TaskFailed", cause).reason();
    assertThat(reason.code()).isEqualTo(ErrorCode.CONTAINER_FAILED);
    assertThat(reason.message())
        .contains("the container convert was never started; CannotPullContainerError: no route");
  }

  @Test
  void whatIsNoTasksDescriptionIsUnderstoodAsBefore() {
    assertThat(new Failure("t", "E", "{\"errorMessage\":\"IMAGE_EMPTY: 0 bytes\"}").reason())
        .isEqualTo(new TaskError(ErrorCode.IMAGE_EMPTY, "0 bytes"));
    assertThat(new Failure("t", "States.Timeout", "[1]").reason().code())
        .isEqualTo(ErrorCode.INTERNAL);
  }
}
