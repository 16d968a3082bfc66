package io.vmferry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import org.junit.jupiter.api.Test;

final class FailuresTest {
  private final CliRun cli = new CliRun();

  @Test
  void aFailureIsOneLineWithItsCode() {
    assertThat(cli.run("task", "import-ami-none")).isEqualTo(3);
    assertThat(cli.err())
        .isEqualTo(
            "vmferry: TASK_NOT_FOUND: there is no task import-ami-none. List the tasks there"
                + " are.\n");
    assertThat(cli.out()).isEmpty();
  }

  @Test
  void theTraceIsPrintedOnRequestBeforeOrAfterTheCommand() {
    assertThat(cli.run("task", "--debug", "import-ami-none")).isEqualTo(3);
    assertThat(cli.err()).contains("\tat io.vmferry.cli.TaskCommand");

    CliRun other = new CliRun();
    assertThat(other.run("--debug", "task", "import-ami-none")).isEqualTo(3);
    assertThat(other.err()).contains("\tat io.vmferry.cli.TaskCommand");
  }

  @Test
  void messagesOfSeveralLinesBecomeOne() {
    assertThat(Failures.line(ErrorCode.SERVICE_UNAVAILABLE, " first\n  second\r\nthird "))
        .isEqualTo("vmferry: SERVICE_UNAVAILABLE: first second third");
  }

  @Test
  void theCodeBehindAnotherFailureCounts() {
    cli.backend.then(
        task -> {
          throw new IllegalStateException(
              "a wrapper", new VmferryException(ErrorCode.SERVICE_THROTTLED, "slow down"));
        });
    cli.backend.tasks.put(FakeBackend.TASK_ID, TaskCommandTest.accepted(FakeBackend.TASK_ID));

    assertThat(cli.run("task", FakeBackend.TASK_ID)).isEqualTo(5);
    assertThat(cli.err()).startsWith("vmferry: SERVICE_THROTTLED: slow down");
  }

  @Test
  void anythingElseIsAFaultOfOurs() {
    cli.backend.then(
        task -> {
          throw new IllegalStateException("impossible");
        });
    cli.backend.tasks.put(FakeBackend.TASK_ID, TaskCommandTest.accepted(FakeBackend.TASK_ID));

    assertThat(cli.run("task", FakeBackend.TASK_ID)).isEqualTo(1);
    assertThat(cli.err()).startsWith("vmferry: INTERNAL: IllegalStateException: impossible.");
  }
}
