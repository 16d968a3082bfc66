package io.vmferry.local.stepfunctions;

import static io.vmferry.local.stepfunctions.Workbench.machine;
import static io.vmferry.local.stepfunctions.Workbench.parse;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurabilityTest {
  private static final String DEFINITION =
      machine(
          "First",
          "'First':{'Type':'Task','Resource':'arn:aws:states:::test:run',"
              + "'Arguments':{'Work':'first'},'Assign':{'kept':'{% $states.result %}'},"
              + "'Output':[1,2,3],'Next':'Chunks'},"
              + "'Chunks':{'Type':'Map','ItemProcessor':{'ProcessorConfig':"
              + "{'Mode':'DISTRIBUTED','ExecutionType':'STANDARD'},'StartAt':'Chunk','States':{"
              + "'Chunk':{'Type':'Task','Resource':'arn:aws:states:::test:run',"
              + "'Arguments':{'Work':'chunk','Payload':'{% $states.input %}'},'End':true}}},"
              + "'Next':'Last'},"
              + "'Last':{'Type':'Pass','Output':['{% $states.input %}','{% $kept %}',"
              + "'{% $states.context.Execution.Input.i %}'],'End':true}");

  @TempDir Path directory;

  private final CountDownLatch inChunks = new CountDownLatch(3);
  private final AtomicInteger firsts = new AtomicInteger();

  private Workbench hanging() {
    return new Workbench(directory)
        .task(
            "first",
            payload -> {
              firsts.incrementAndGet();
              return parse("\"made once\"");
            })
        .task(
            "chunk",
            payload -> {
              inChunks.countDown();
              new CountDownLatch(1).await();
              return payload;
            });
  }

  private Workbench working() {
    return hanging().task("chunk", payload -> parse(String.valueOf(payload.asInt() * 10)));
  }

  @Test
  void goesOnFromTheLastEnteredStateAfterAClose() throws Exception {
    String arn;
    try (Workbench first = hanging()) {
      arn = first.engine.start(first.create("m", DEFINITION), "e", "{\"i\":9}").arn();
      inChunks.await();
    }
    resumesToItsEnd(arn);
  }

  @Test
  void goesOnFromTheLastEnteredStateAfterBeingKilled() throws Exception {
    Workbench first = hanging();
    String arn = first.engine.start(first.create("m", DEFINITION), "e", "{\"i\":9}").arn();
    inChunks.await();
    resumesToItsEnd(arn);
    first.close();
  }

  private void resumesToItsEnd(String arn) throws Exception {
    try (Workbench second = working()) {
      assertThat(second.engine.describe(arn).status()).isEqualTo(ExecutionStatus.RUNNING);
      assertThat(second.engine.resume()).isEqualTo(1);
      assertThat(second.engine.resume()).isZero();
      Execution ended = second.engine.await(arn, Workbench.LONG);
      assertThat(ended.output()).contains("[[10,20,30],\"made once\",9]");
      assertThat(firsts).hasValue(1);
      List<String> events = second.events(arn);
      assertThat(events).filteredOn("ExecutionStarted"::equals).hasSize(1);
      assertThat(events).filteredOn("MapStateEntered"::equals).hasSize(2);
    }
    try (Workbench third = working()) {
      assertThat(third.engine.resume()).isZero();
      assertThat(third.engine.describe(arn).output()).contains("[[10,20,30],\"made once\",9]");
      assertThat(third.engine.machines()).hasSize(1);
    }
  }

  @Test
  void aHistoryCutOffWithinALineIsContinuedBehindTheLastWholeOne() throws Exception {
    String arn;
    try (Workbench first = hanging()) {
      arn = first.engine.start(first.create("m", DEFINITION), "e", "{\"i\":9}").arn();
      inChunks.await();
    }
    try (Workbench second = working()) {
      Files.write(
          second.engine.history(arn),
          "{\"timestamp\":1,\"ty".getBytes(StandardCharsets.UTF_8),
          StandardOpenOption.APPEND);
      second.engine.resume();
      second.engine.await(arn, Workbench.LONG);
      List<String> events = second.events(arn);
      assertThat(events).doesNotContain("").last().isEqualTo("ExecutionSucceeded");
    }
  }

  @Test
  void theDefinitionAnExecutionStartedWithIsTheOneItGoesOnWith() throws Exception {
    String arn;
    try (Workbench first = hanging()) {
      String machine = first.create("m", DEFINITION);
      arn = first.engine.start(machine, "e", "{\"i\":9}").arn();
      inChunks.await();
      first.engine.update(machine, machine("A", "'A':{'Type':'Fail'}"), null, Map.of());
    }
    try (Workbench second = working()) {
      second.engine.resume();
      assertThat(second.engine.await(arn, Workbench.LONG).status())
          .isEqualTo(ExecutionStatus.SUCCEEDED);
    }
  }

  @Test
  void aMachinesTimeoutCountsFromTheStartOverARestart() throws Exception {
    String definition =
        DEFINITION.replace("{\"QueryLanguage\"", "{\"TimeoutSeconds\":100,\"QueryLanguage\"");
    String arn;
    try (Workbench first = hanging()) {
      arn = first.engine.start(first.create("m", definition), "e", "{\"i\":9}").arn();
      inChunks.await();
    }
    JumpingTime time = new JumpingTime();
    time.pass(Duration.ofSeconds(90));
    CountDownLatch again = new CountDownLatch(3);
    try (Workbench second =
        new Workbench(directory, time, 16)
            .task(
                "chunk",
                payload -> {
                  again.countDown();
                  new CountDownLatch(1).await();
                  return payload;
                })) {
      second.engine.resume();
      again.await();
      assertThat(second.engine.describe(arn).status()).isEqualTo(ExecutionStatus.RUNNING);
      time.pass(Duration.ofSeconds(11));
      assertThat(second.engine.await(arn, Workbench.LONG).status())
          .isEqualTo(ExecutionStatus.TIMED_OUT);
    }
  }

  @Test
  void aWaitGoesOnToTheMomentItWasGoingToEnd() throws Exception {
    String definition = machine("W", "'W':{'Type':'Wait','Seconds':100,'End':true}");
    CountDownLatch waiting = new CountDownLatch(1);
    StepFunctions first =
        new StepFunctions(
            new StepFunctionsOptions(
                directory, "us-east-1", "000000000000", 1, new StandingTime(waiting)),
            List.of(),
            (bucket, key) -> new ByteArrayInputStream(new byte[0]));
    String machine = first.create("m", definition, "r", Map.of()).arn();
    String arn = first.start(machine, "e", "{}").arn();
    waiting.await();
    first.close();
    JumpingTime time = new JumpingTime();
    time.pass(Duration.ofSeconds(30));
    try (Workbench second = new Workbench(directory, time, 1)) {
      second.engine.resume();
      assertThat(second.engine.await(arn, Workbench.LONG).status())
          .isEqualTo(ExecutionStatus.SUCCEEDED);
    }
    assertThat(time.sleeps()).containsExactly(Duration.ofSeconds(70));
  }

  /** A time in which every sleep is endless. */
  private record StandingTime(CountDownLatch asleep) implements TimeSource {
    @Override
    public Instant now() {
      return Instant.parse("2026-01-01T00:00:00Z");
    }

    @Override
    public void sleep(Duration duration) throws InterruptedException {
      asleep.countDown();
      new CountDownLatch(1).await();
    }

    @Override
    public Alarm schedule(Duration delay, Runnable action) {
      return () -> {};
    }
  }

  @Test
  void stoppedExecutionsStayStopped() throws Exception {
    String arn;
    try (Workbench first = hanging()) {
      arn = first.engine.start(first.create("m", DEFINITION), "e", "{\"i\":9}").arn();
      inChunks.await();
      first.engine.stop(arn, "E", "C");
    }
    try (Workbench second = working()) {
      assertThat(second.engine.resume()).isZero();
      assertThat(second.engine.describe(arn).status()).isEqualTo(ExecutionStatus.ABORTED);
      assertThat(second.engine.stop(arn, "Again", null).error()).contains("E");
    }
  }

  @Test
  void anExecutionThatIsNotResumedYetCanBeStopped() throws Exception {
    String arn;
    try (Workbench first = hanging()) {
      arn = first.engine.start(first.create("m", DEFINITION), "e", "{\"i\":9}").arn();
      inChunks.await();
    }
    try (Workbench second = working()) {
      assertThat(second.engine.stop(arn, null, null).status()).isEqualTo(ExecutionStatus.ABORTED);
      assertThat(second.engine.resume()).isZero();
    }
  }

  @Test
  void listenersHearOfEveryEndAndAgainAfterARestartIfTheyFailed() throws Exception {
    BlockingQueue<Execution> heard = new LinkedBlockingQueue<>();
    String arn;
    try (Workbench first = working()) {
      first.engine.addListener(
          execution -> {
            heard.add(execution);
            throw new IllegalStateException("not now");
          });
      arn = first.engine.start(first.create("m", DEFINITION), "e", "{\"i\":9}").arn();
      assertThat(status(heard.poll(60, TimeUnit.SECONDS))).isEqualTo(ExecutionStatus.SUCCEEDED);
    }
    try (Workbench second = working()) {
      second.engine.addListener(heard::add);
      second.engine.resume();
      assertThat(status(heard.poll(60, TimeUnit.SECONDS))).isEqualTo(ExecutionStatus.SUCCEEDED);
    }
    try (Workbench third = working()) {
      third.engine.addListener(heard::add);
      third.engine.resume();
      assertThat(third.engine.describe(arn).status()).isEqualTo(ExecutionStatus.SUCCEEDED);
    }
    assertThat(heard).isEmpty();
  }

  private static ExecutionStatus status(@Nullable Execution execution) {
    return Objects.requireNonNull(execution, "nothing heard").status();
  }

  @Test
  void startingTheSameAgainFindsItWhileItRunsAndIsRefusedOtherwise() throws Exception {
    try (Workbench bench = hanging()) {
      String machine = bench.create("m", DEFINITION);
      Execution first = bench.engine.start(machine, "e", "{\"i\":9}");
      inChunks.await();
      assertThat(bench.engine.start(machine, "e", "{\"i\":9}").arn()).isEqualTo(first.arn());
      assertThatThrownBy(() -> bench.engine.start(machine, "e", "{}"))
          .isInstanceOfSatisfying(
              StatesApiException.class,
              e -> assertThat(e.code()).isEqualTo("ExecutionAlreadyExists"));
      bench.engine.stop(first.arn(), null, null);
      assertThatThrownBy(() -> bench.engine.start(machine, "e", "{\"i\":9}"))
          .isInstanceOfSatisfying(
              StatesApiException.class,
              e -> assertThat(e.code()).isEqualTo("ExecutionAlreadyExists"));
    }
  }

  @Test
  void namesThatWouldBePathsAreKeptInTheDirectory() throws Exception {
    try (Workbench bench = working()) {
      String machine = bench.create("..", DEFINITION);
      String arn = bench.engine.start(machine, "..", "{\"i\":9}").arn();
      assertThat(bench.engine.await(arn, Workbench.LONG).status())
          .isEqualTo(ExecutionStatus.SUCCEEDED);
    }
    try (Workbench again = working()) {
      assertThat(again.engine.machines()).hasSize(1);
      assertThat(again.engine.executions(again.engine.machines().getFirst().arn())).hasSize(1);
    }
  }
}
