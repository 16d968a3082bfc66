package io.vmferry.local.stepfunctions;

import static io.vmferry.local.stepfunctions.Workbench.machine;
import static io.vmferry.local.stepfunctions.Workbench.parse;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DistributedMapTest {
  private Workbench bench;

  @BeforeEach
  void open(@TempDir Path directory) {
    bench = new Workbench(directory);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  private static String map(String more) {
    return machine(
        "M",
        "'M':{'Type':'Map',"
            + more
            + "'ItemProcessor':{'ProcessorConfig':{'Mode':'DISTRIBUTED',"
            + "'ExecutionType':'STANDARD'},'StartAt':'X','States':{'X':{'Type':'Task',"
            + "'Resource':'arn:aws:states:::test:run','Arguments':{'Work':'w',"
            + "'Payload':'{% $states.input %}'},'End':true}}},'End':true}");
  }

  private static final String READER =
      "'ItemReader':{'Resource':'arn:aws:states:::s3:getObject',"
          + "'ReaderConfig':{'InputType':'JSON'},"
          + "'Arguments':{'Bucket':'work','Key':'{% $states.input.plan %}'}},";

  private static String numbers(int count) {
    return IntStream.range(0, count)
        .mapToObj(String::valueOf)
        .collect(Collectors.joining(",", "[", "]"));
  }

  @Test
  void runsTenThousandItemsOfAnObjectWithNoMoreAtOnceThanAllowed() throws Exception {
    Set<Integer> seen = ConcurrentHashMap.newKeySet();
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch full = new CountDownLatch(7);
    bench.objects.put("work/plan.json", numbers(10_000));
    bench.task(
        "w",
        payload -> {
          most.accumulateAndGet(running.incrementAndGet(), Math::max);
          full.countDown();
          full.await();
          seen.add(payload.path("value").asInt());
          running.decrementAndGet();
          return parse("\"\"");
        });
    JsonNode output =
        bench.output(
            map(
                READER
                    + "'MaxConcurrency':'{% 3 + 4 %}',"
                    + "'ItemSelector':{'value':'{% $states.context.Map.Item.Value %}'},"
                    + "'Output':'{% $count($states.result) %}',"),
            "{\"plan\":\"plan.json\"}");
    assertThat(output).isEqualTo(parse("10000"));
    assertThat(seen).hasSize(10_000);
    assertThat(most).hasValue(7);
  }

  @Test
  void maxConcurrencyZeroMeansAsManyAsConfigured() throws Exception {
    AtomicInteger running = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    CountDownLatch full = new CountDownLatch(16);
    bench.task(
        "w",
        payload -> {
          most.accumulateAndGet(running.incrementAndGet(), Math::max);
          full.countDown();
          full.await();
          running.decrementAndGet();
          return payload;
        });
    JsonNode output = bench.output(map("'MaxConcurrency':0,"), numbers(200));
    assertThat(output).isEqualTo(parse(numbers(200)));
    assertThat(most).hasValue(16);
  }

  @Test
  void oneFailedItemFailsTheMapAndLeavesLaterItemsAlone() throws Exception {
    AtomicInteger calls = new AtomicInteger();
    bench.task(
        "w",
        payload -> {
          calls.incrementAndGet();
          throw new TaskFailedException("Broken", "");
        });
    Execution ended = bench.run(map("'MaxConcurrency':1,"), numbers(500));
    assertThat(ended.error()).contains("States.ExceedToleratedFailureThreshold");
    assertThat(calls).hasValue(1);
    assertThat(bench.events(ended.arn())).contains("MapRunFailed", "MapStateFailed");
  }

  @Test
  void toleratesAsManyFailuresAsItsCountSaysAndReportsThemInTheirPlaces() throws Exception {
    bench.task(
        "w",
        payload -> {
          if (payload.asInt() % 2 == 1) {
            throw new TaskFailedException("Odd", "n");
          }
          return payload;
        });
    JsonNode output = bench.output(map("'ToleratedFailureCount':2,"), numbers(5));
    assertThat(output)
        .isEqualTo(
            parse(
                "[0,{\"Error\":\"Odd\",\"Cause\":\"n\"},2,{\"Error\":\"Odd\",\"Cause\":\"n\"},4]"));
    Execution ended = bench.run(map("'ToleratedFailureCount':1,"), numbers(5));
    assertThat(ended.error()).contains("States.ExceedToleratedFailureThreshold");
  }

  @Test
  void toleratesThePercentageItComputes() throws Exception {
    bench.task(
        "w",
        payload -> {
          if (payload.asInt() < 4) {
            throw new TaskFailedException("Small", "");
          }
          return payload;
        });
    String definition =
        map("'ToleratedFailurePercentage':'{% 40 %}','Output':'{% $count($states.result) %}',");
    assertThat(bench.output(definition, numbers(10))).isEqualTo(parse("10"));
    assertThat(bench.run(definition, numbers(9)).error())
        .contains("States.ExceedToleratedFailureThreshold");
  }

  @Test
  void stopInterruptsTheItemsThatRun() throws Exception {
    CountDownLatch running = new CountDownLatch(16);
    CountDownLatch stopped = new CountDownLatch(16);
    bench.task(
        "w",
        payload -> {
          running.countDown();
          try {
            new CountDownLatch(1).await();
          } catch (InterruptedException e) {
            stopped.countDown();
            throw e;
          }
          return payload;
        });
    String machine = bench.create("m", map(""));
    Execution started = bench.engine.start(machine, null, numbers(100));
    running.await();
    Execution ended = bench.engine.stop(started.arn(), "Cancelled", "by the user");
    stopped.await();
    assertThat(ended.status()).isEqualTo(ExecutionStatus.ABORTED);
    assertThat(ended.error()).contains("Cancelled");
    assertThat(ended.cause()).contains("by the user");
    MapRun mapRun = bench.engine.mapRuns(started.arn()).getFirst();
    assertThat(mapRun.status()).isEqualTo(ExecutionStatus.ABORTED);
    assertThat(mapRun.aborted()).hasValue(16);
  }

  @Test
  void childrenDoNotSeeOuterVariablesButTheirOwnExecution() throws Exception {
    JsonNode output =
        bench.output(
            machine(
                "A",
                "'A':{'Type':'Pass','Assign':{'o':1},'Next':'M'},"
                    + "'M':{'Type':'Map','Label':'chunks','ItemProcessor':{'ProcessorConfig':"
                    + "{'Mode':'DISTRIBUTED','ExecutionType':'EXPRESS'},'StartAt':'X','States':{"
                    + "'X':{'Type':'Pass','Output':['{% $exists($o) %}',"
                    + "'{% $states.context.Execution.Input %}',"
                    + "'{% $contains($states.context.Execution.Id, `:execution:machine0/chunks:`) %}"
                    + "'],'End':true}}},'End':true}"),
            "[5]");
    assertThat(output).isEqualTo(parse("[[false,5,true]]"));
  }

  @Test
  void resultsBeyondAPayloadFailTheState() throws Exception {
    bench.task("w", payload -> parse("\"" + "x".repeat(3000) + "\""));
    Execution ended = bench.run(map(""), numbers(100));
    assertThat(ended.error()).contains("States.DataLimitExceeded");
  }

  @Test
  void missingObjectIsAnItemReaderError() throws Exception {
    Execution ended = bench.run(map(READER), "{\"plan\":\"none.json\"}");
    assertThat(ended.error()).contains("States.ItemReaderFailed");
    assertThat(ended.cause().orElseThrow()).contains("no object work/none.json");
  }

  @Test
  void objectsThatAreNoArrayOrEndEarlyOrGoOnAreItemReaderErrors() throws Exception {
    bench.task("w", payload -> payload);
    bench.objects.put("work/object.json", "{}");
    bench.objects.put("work/cut.json", "[1,{\"a\":");
    bench.objects.put("work/more.json", "[1] 2");
    bench.objects.put("work/large.json", "[\"" + "x".repeat(600_000) + "\"]");
    for (String plan : new String[] {"object", "cut", "more", "large"}) {
      Execution ended = bench.run(map(READER), "{\"plan\":\"" + plan + ".json\"}");
      assertThat(ended.error()).as(plan).contains("States.ItemReaderFailed");
    }
  }

  @Test
  void maxItemsCutsTheListOff() throws Exception {
    bench.task("w", payload -> payload);
    bench.objects.put("work/plan.json", numbers(10));
    JsonNode output =
        bench.output(
            map(READER.replace("'InputType':'JSON'", "'InputType':'JSON','MaxItems':3")),
            "{\"plan\":\"plan.json\"}");
    assertThat(output).isEqualTo(parse("[0,1,2]"));
  }
}
