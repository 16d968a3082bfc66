package io.vmferry.local.stepfunctions;

import static io.vmferry.local.stepfunctions.Workbench.machine;
import static io.vmferry.local.stepfunctions.Workbench.parse;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ErrorHandlingTest {
  private Workbench bench;
  private final AtomicInteger calls = new AtomicInteger();

  @BeforeEach
  void open(@TempDir Path directory) {
    bench = new Workbench(directory);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private static String task(String more) {
    return machine(
        "A",
        "'A':{'Type':'Task','Resource':'arn:aws:states:::test:run','Arguments':{'Work':'w'},"
            + more
            + "'End':true},'Caught':{'Type':'Pass','End':true}");
  }

  /** A task that fails so often under a name, and then answers how often it was called. */
  private void failing(String error, int times) {
    bench.task(
        "w",
        payload -> {
          if (calls.incrementAndGet() <= times) {
            throw new TaskFailedException(error, "call " + calls.get());
          }
          return parse(String.valueOf(calls.get()));
        });
  }

  @Test
  void retriesWithGrowingDelaysUpToTheLongest() throws Exception {
    failing("Broken", 4);
    JsonNode output =
        bench.output(
            task(
                "'Retry':[{'ErrorEquals':['Broken'],'IntervalSeconds':2,'MaxAttempts':4,"
                    + "'BackoffRate':3,'MaxDelaySeconds':20}],"),
            "{}");
    assertThat(output).isEqualTo(parse("5"));
    assertThat(bench.time.sleeps())
        .containsExactly(
            Duration.ofSeconds(2),
            Duration.ofSeconds(6),
            Duration.ofSeconds(18),
            Duration.ofSeconds(20));
  }

  @Test
  void retriesThreeTimesWithDoubledDelaysByDefault() throws Exception {
    failing("Broken", 100);
    Execution ended = bench.run(task("'Retry':[{'ErrorEquals':['States.ALL']}],"), "{}");
    assertThat(ended.status()).isEqualTo(ExecutionStatus.FAILED);
    assertThat(ended.cause()).contains("call 4");
    assertThat(bench.time.sleeps())
        .containsExactly(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(4));
  }

  @Test
  void fullJitterWaitsNoLongerThanTheDelay() throws Exception {
    failing("Broken", 20);
    bench.output(
        task(
            "'Retry':[{'ErrorEquals':['Broken'],'IntervalSeconds':100,'MaxAttempts':30,"
                + "'BackoffRate':1,'JitterStrategy':'FULL'}],"),
        "{}");
    List<Duration> sleeps = bench.time.sleeps();
    assertThat(sleeps).hasSize(20).allMatch(sleep -> sleep.compareTo(Duration.ofSeconds(100)) < 0);
    assertThat(sleeps).doesNotHaveDuplicates();
  }

  @Test
  void eachRetrierCountsItsOwnAttempts() throws Exception {
    bench.task(
        "w",
        payload -> {
          int call = calls.incrementAndGet();
          if (call <= 4) {
            throw new TaskFailedException(call % 2 == 0 ? "Even" : "Odd", "");
          }
          return parse(String.valueOf(call));
        });
    JsonNode output =
        bench.output(
            task(
                "'Retry':[{'ErrorEquals':['Even'],'MaxAttempts':2},"
                    + "{'ErrorEquals':['Odd'],'MaxAttempts':2}],"),
            "{}");
    assertThat(output).isEqualTo(parse("5"));
  }

  @Test
  void theFirstRetrierThatNamesTheErrorDecidesEvenIfItForbidsRetries() throws Exception {
    failing("Broken", 1);
    Execution ended =
        bench.run(
            task(
                "'Retry':[{'ErrorEquals':['Broken'],'MaxAttempts':0},"
                    + "{'ErrorEquals':['States.ALL'],'MaxAttempts':5}],"),
            "{}");
    assertThat(ended.error()).contains("Broken");
    assertThat(calls).hasValue(1);
  }

  @Test
  void catchComesAfterRetryAndSeesTheErrorOutput() throws Exception {
    failing("Broken", 100);
    JsonNode output =
        bench.output(
            machine(
                "A",
                "'A':{'Type':'Task','Resource':'arn:aws:states:::test:run',"
                    + "'Arguments':{'Work':'w'},'Retry':[{'ErrorEquals':['Broken'],"
                    + "'MaxAttempts':1}],'Catch':[{'ErrorEquals':['Other'],'Next':'Wrong'},"
                    + "{'ErrorEquals':['Broken'],'Assign':{'e':'{% $states.errorOutput.Error %}'},"
                    + "'Output':{'i':'{% $states.input %}','c':'{% $states.errorOutput.Cause %}'},"
                    + "'Next':'Caught'}],'Assign':{'e':'not this'},'End':true},"
                    + "'Wrong':{'Type':'Succeed'},"
                    + "'Caught':{'Type':'Pass','Output':['{% $e %}','{% $states.input %}'],"
                    + "'End':true}"),
            "7");
    assertThat(output).isEqualTo(parse("[\"Broken\",{\"i\":7,\"c\":\"call 2\"}]"));
  }

  @Test
  void catchWithoutOutputHandsTheErrorOutputOn() throws Exception {
    failing("a.b.Broken$Deeply", 100);
    JsonNode output =
        bench.output(
            task("'Catch':[{'ErrorEquals':['a.b.Broken$Deeply'],'Next':'Caught'}],"), "{}");
    assertThat(output).isEqualTo(parse("{\"Error\":\"a.b.Broken$Deeply\",\"Cause\":\"call 1\"}"));
  }

  @ParameterizedTest
  @CsvSource({
    "Custom, States.ALL, true",
    "Custom, States.TaskFailed, true",
    "Custom, Custom, true",
    "Custom, custom, false",
    "States.Timeout, States.ALL, true",
    "States.Timeout, States.TaskFailed, false",
    "States.Timeout, States.Timeout, true",
    "States.DataLimitExceeded, States.ALL, false",
    "States.DataLimitExceeded, States.TaskFailed, false",
    "States.DataLimitExceeded, States.DataLimitExceeded, true",
    "States.Runtime, States.ALL, false",
    "States.Runtime, States.Runtime, false",
    "States.QueryEvaluationError, States.ALL, true",
  })
  void errorEqualsKnowsTheWildcardsAndTheTerminalErrors(
      String error, String errorEquals, boolean matches) {
    assertThat(new StateFailure(error, "").matches(List.of(errorEquals))).isEqualTo(matches);
  }

  @Test
  void statesAllDoesNotCatchAnOutputThatIsTooLarge() throws Exception {
    bench.task("w", payload -> parse("\"" + "x".repeat(Limits.PAYLOAD) + "\""));
    Execution ended =
        bench.run(task("'Catch':[{'ErrorEquals':['States.ALL'],'Next':'Caught'}],"), "{}");
    assertThat(ended.status()).isEqualTo(ExecutionStatus.FAILED);
    assertThat(ended.error()).contains("States.DataLimitExceeded");
  }

  @Test
  void errorsInOutputAreHandledAsTheTasks() throws Exception {
    failing("Never", 0);
    JsonNode output =
        bench.output(
            task(
                "'Output':'{% $states.result.missing %}',"
                    + "'Catch':[{'ErrorEquals':['States.QueryEvaluationError'],"
                    + "'Output':'{% $states.errorOutput.Cause %}','Next':'Caught'}],"),
            "{}");
    assertThat(output.asText())
        .isEqualTo(
            "An error occurred while executing the state 'A' (entered at the event id #2). The"
                + " JSONata expression '$states.result.missing' specified for the field 'Output'"
                + " returned nothing (undefined).");
  }

  @Test
  void anErrorWhileCatchingFailsTheExecution() throws Exception {
    failing("Broken", 100);
    Execution ended =
        bench.run(
            task(
                "'Catch':[{'ErrorEquals':['Broken'],'Output':'{% $nothing %}',"
                    + "'Next':'Caught'}],"),
            "{}");
    assertThat(ended.error()).contains("States.QueryEvaluationError");
  }

  @Test
  void taskBeyondItsTimeoutIsInterruptedAndFailsWithTimeout() throws Exception {
    CountDownLatch interrupted = new CountDownLatch(1);
    bench.task(
        "w",
        payload -> {
          try {
            bench.time.pass(Duration.ofSeconds(31));
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            interrupted.countDown();
            throw e;
          }
          return payload;
        });
    JsonNode output =
        bench.output(
            task(
                "'TimeoutSeconds':'{% 10 * 3 %}',"
                    + "'Catch':[{'ErrorEquals':['States.Timeout'],"
                    + "'Output':'{% $states.errorOutput.Error %}','Next':'Caught'}],"),
            "{}");
    assertThat(output.asText()).isEqualTo("States.Timeout");
    interrupted.await();
  }

  @Test
  void retryCountIsInTheContext() throws Exception {
    bench.task(
        "w",
        payload -> {
          if (payload.asInt() < 2) {
            throw new TaskFailedException("Broken", "");
          }
          return payload;
        });
    JsonNode output =
        bench.output(
            machine(
                "A",
                "'A':{'Type':'Task','Resource':'arn:aws:states:::test:run',"
                    + "'Arguments':{'Work':'w','Payload':'{% $states.context.State.RetryCount %}'},"
                    + "'Retry':[{'ErrorEquals':['Broken']}],'End':true}"),
            "{}");
    assertThat(output).isEqualTo(parse("2"));
  }

  @Test
  void parallelIsRetriedAsAWhole() throws Exception {
    failing("Broken", 1);
    JsonNode output =
        bench.output(
            machine(
                "P",
                "'P':{'Type':'Parallel','Retry':[{'ErrorEquals':['Broken']}],'Branches':["
                    + "{'StartAt':'X','States':{'X':{'Type':'Task',"
                    + "'Resource':'arn:aws:states:::test:run','Arguments':{'Work':'w'},"
                    + "'End':true}}}],'End':true}"),
            "{}");
    assertThat(output).isEqualTo(parse("[2]"));
  }

  @Test
  void machineBeyondItsTimeoutTimesOut() throws Exception {
    bench.task(
        "w",
        payload -> {
          bench.time.pass(Duration.ofSeconds(61));
          new CountDownLatch(1).await();
          return payload;
        });
    String definition =
        task("'Catch':[{'ErrorEquals':['States.ALL'],'Next':'Caught'}],")
            .replace("{\"QueryLanguage\"", "{\"TimeoutSeconds\":60,\"QueryLanguage\"");
    Execution ended = bench.run(definition, "{}");
    assertThat(ended.status()).isEqualTo(ExecutionStatus.TIMED_OUT);
    assertThat(ended.error()).contains("States.Timeout");
    assertThat(bench.events(ended.arn())).last().isEqualTo("ExecutionTimedOut");
  }
}
