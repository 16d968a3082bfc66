package io.vmferry.local.stepfunctions;

import static io.vmferry.local.stepfunctions.Workbench.machine;
import static io.vmferry.local.stepfunctions.Workbench.parse;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.local.Clients;
import io.vmferry.local.edge.EdgeServer;
import io.vmferry.local.edge.FaultInjector;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.sfn.SfnClient;
import software.amazon.awssdk.services.sfn.model.ExecutionDoesNotExistException;
import software.amazon.awssdk.services.sfn.model.ExecutionNotRedrivableException;
import software.amazon.awssdk.services.sfn.model.ExecutionRedriveStatus;
import software.amazon.awssdk.services.sfn.model.SfnException;

/** RedriveExecution: an execution that did not succeed is run again from where it ended. */
class RedriveTest {
  private static final String DEFINITION =
      machine(
          "First",
          "'First':{'Type':'Task','Resource':'arn:aws:states:::test:run',"
              + "'Arguments':{'Work':'first'},'Assign':{'kept':'{% $states.result %}'},"
              + "'Next':'Second'},"
              + "'Second':{'Type':'Task','Resource':'arn:aws:states:::test:run',"
              + "'Arguments':{'Work':'second'},'Next':'Last'},"
              + "'Last':{'Type':'Pass','Output':['{% $kept %}',"
              + "'{% $states.context.Execution.RedriveCount %}'],'End':true}");

  @TempDir Path directory;

  private final AtomicInteger firsts = new AtomicInteger();
  private final AtomicInteger seconds = new AtomicInteger();
  private final AtomicBoolean failing = new AtomicBoolean(true);

  private Workbench bench() {
    return new Workbench(directory)
        .task(
            "first",
            payload -> {
              firsts.incrementAndGet();
              return parse("\"made once\"");
            })
        .task(
            "second",
            payload -> {
              seconds.incrementAndGet();
              if (failing.get()) {
                throw new TaskFailedException("Outside", "no answer");
              }
              return parse("2");
            });
  }

  private String failed(Workbench bench) throws Exception {
    String arn = bench.engine.start(bench.create("m", DEFINITION), "e", "{}").arn();
    Execution ended = bench.engine.await(arn, Workbench.LONG);
    assertThat(ended.status()).isEqualTo(ExecutionStatus.FAILED);
    assertThat(ended.error()).contains("Outside");
    return arn;
  }

  @Test
  void theSdkRunsAFailedExecutionAgainFromTheStateThatFailed() throws Exception {
    try (Workbench bench = bench();
        EdgeServer edge = new EdgeServer(0, new FaultInjector(0))) {
      edge.register(new StepFunctionsService(bench.engine));
      edge.start();
      try (SfnClient client = Clients.sfn(edge.endpoint().orElseThrow())) {
        String arn = failed(bench);
        var before = client.describeExecution(describe -> describe.executionArn(arn));
        assertThat(before.redriveStatus()).isEqualTo(ExecutionRedriveStatus.REDRIVABLE);
        assertThat(before.redriveStatusReason()).isNull();
        assertThat(before.redriveCount()).isZero();
        assertThat(before.redriveDate()).isNull();

        bench.time.pass(Duration.ofHours(1));
        failing.set(false);
        var redriven = client.redriveExecution(redrive -> redrive.executionArn(arn));
        assertThat(redriven.redriveDate()).isAfter(before.stopDate());
        bench.engine.await(arn, Workbench.LONG);

        var after = client.describeExecution(describe -> describe.executionArn(arn));
        assertThat(after.statusAsString()).isEqualTo("SUCCEEDED");
        assertThat(after.output()).isEqualTo("[\"made once\",1]");
        assertThat(after.error()).isNull();
        assertThat(after.startDate()).isEqualTo(before.startDate());
        assertThat(after.redriveCount()).isEqualTo(1);
        assertThat(after.redriveDate()).isEqualTo(redriven.redriveDate());
        assertThat(after.redriveStatus()).isEqualTo(ExecutionRedriveStatus.NOT_REDRIVABLE);
        assertThat(after.redriveStatusReason())
            .isEqualTo("Execution is SUCCEEDED and cannot be redriven");
      }
      assertThat(firsts).hasValue(1);
      assertThat(seconds).hasValue(2);
    }
  }

  @Test
  void theHistoryGoesOnBehindTheFailure() throws Exception {
    try (Workbench bench = bench()) {
      String arn = failed(bench);
      failing.set(false);
      bench.engine.redrive(arn, null);
      bench.engine.await(arn, Workbench.LONG);

      assertThat(bench.events(arn))
          .containsSubsequence("ExecutionFailed", "ExecutionRedriven", "ExecutionSucceeded")
          .last()
          .isEqualTo("ExecutionSucceeded");
      assertThat(bench.events(arn)).filteredOn("ExecutionStarted"::equals).hasSize(1);
    }
  }

  @Test
  void theSdkGetsTheExceptionsOfTheModelForWhatCannotBeRedriven() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    try (Workbench bench = bench();
        EdgeServer edge = new EdgeServer(0, new FaultInjector(0))) {
      bench.task(
          "second",
          payload -> {
            running.countDown();
            new CountDownLatch(1).await();
            return payload;
          });
      edge.register(new StepFunctionsService(bench.engine));
      edge.start();
      try (SfnClient client = Clients.sfn(edge.endpoint().orElseThrow())) {
        String arn = bench.engine.start(bench.create("m", DEFINITION), "e", "{}").arn();
        running.await();
        var described = client.describeExecution(describe -> describe.executionArn(arn));
        assertThat(described.redriveStatus()).isEqualTo(ExecutionRedriveStatus.NOT_REDRIVABLE);
        assertThat(described.redriveStatusReason())
            .isEqualTo("Execution is RUNNING and cannot be redriven");
        assertThatThrownBy(() -> client.redriveExecution(redrive -> redrive.executionArn(arn)))
            .isInstanceOf(ExecutionNotRedrivableException.class);
        assertThatThrownBy(
                () -> client.redriveExecution(redrive -> redrive.executionArn(arn + "x")))
            .isInstanceOf(ExecutionDoesNotExistException.class);
        assertThatThrownBy(() -> client.redriveExecution(redrive -> redrive.executionArn("e")))
            .isInstanceOfSatisfying(
                SfnException.class,
                e -> assertThat(e.awsErrorDetails().errorCode()).isEqualTo("InvalidArn"));
        assertThatThrownBy(
                () ->
                    client.redriveExecution(
                        redrive -> redrive.executionArn(arn).clientToken("a b")))
            .isInstanceOfSatisfying(
                SfnException.class,
                e -> assertThat(e.awsErrorDetails().errorCode()).isEqualTo("ValidationException"));
      }
    }
  }

  @Test
  void anAbortedExecutionIsRunAgainAsWell() throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    try (Workbench bench = bench()) {
      bench.task(
          "second",
          payload -> {
            running.countDown();
            new CountDownLatch(1).await();
            return payload;
          });
      String arn = bench.engine.start(bench.create("m", DEFINITION), "e", "{}").arn();
      running.await();
      bench.engine.stop(arn, "E", "C");
      bench.engine.await(arn, Workbench.LONG);
      bench.task("second", payload -> parse("2"));

      bench.engine.redrive(arn, null);

      assertThat(bench.engine.await(arn, Workbench.LONG).output()).contains("[\"made once\",1]");
      assertThat(firsts).hasValue(1);
    }
  }

  @Test
  void anExecutionIsRedrivableForFourteenDaysAfterItsEnd() throws Exception {
    try (Workbench bench = bench()) {
      String arn = failed(bench);
      bench.time.pass(Duration.ofDays(14));
      assertThat(bench.engine.redriveObstacle(bench.engine.describe(arn))).isEmpty();
      bench.time.pass(Duration.ofSeconds(1));

      assertThatThrownBy(() -> bench.engine.redrive(arn, null))
          .isInstanceOf(StatesApiException.class)
          .hasMessageContaining("Execution redrivable period exceeded");
      assertThat(bench.engine.describe(arn).status()).isEqualTo(ExecutionStatus.FAILED);
      assertThat(bench.engine.describe(arn).redriveCount()).isZero();
    }
  }

  @Test
  void aRepeatedClientTokenDoesNothingForFifteenMinutes() throws Exception {
    try (Workbench bench = bench()) {
      String arn = failed(bench);
      bench.engine.redrive(arn, "token");
      bench.engine.await(arn, Workbench.LONG);
      bench.engine.redrive(arn, "token");
      assertThat(bench.engine.await(arn, Workbench.LONG).redriveCount()).isEqualTo(1);
      assertThat(seconds).hasValue(2);

      bench.time.pass(Duration.ofMinutes(15));
      bench.engine.redrive(arn, "token");

      assertThat(bench.engine.await(arn, Workbench.LONG).redriveCount()).isEqualTo(2);
      assertThat(seconds).hasValue(3);
    }
  }

  @Test
  void aRedriveAndItsCountSurviveARestart() throws Exception {
    String arn;
    CountDownLatch again = new CountDownLatch(1);
    try (Workbench bench = bench()) {
      arn = failed(bench);
    }
    try (Workbench bench = bench()) {
      assertThat(bench.engine.resume()).isZero();
      bench.task(
          "second",
          payload -> {
            again.countDown();
            new CountDownLatch(1).await();
            return payload;
          });
      bench.engine.redrive(arn, null);
      again.await();
    }
    failing.set(false);
    try (Workbench bench = bench()) {
      assertThat(bench.engine.describe(arn).status()).isEqualTo(ExecutionStatus.RUNNING);
      assertThat(bench.engine.describe(arn).redriveCount()).isEqualTo(1);
      assertThat(bench.engine.resume()).isEqualTo(1);

      assertThat(bench.engine.await(arn, Workbench.LONG).output()).contains("[\"made once\",1]");
      assertThat(firsts).hasValue(1);
    }
  }
}
