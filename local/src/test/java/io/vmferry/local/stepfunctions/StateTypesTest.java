package io.vmferry.local.stepfunctions;

import static io.vmferry.local.stepfunctions.Workbench.machine;
import static io.vmferry.local.stepfunctions.Workbench.object;
import static io.vmferry.local.stepfunctions.Workbench.parse;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateTypesTest {
  private Workbench bench;

  @BeforeEach
  void open(@TempDir Path directory) {
    bench = new Workbench(directory);
  }

  @AfterEach
  void close() {
    bench.close();
  }

  @Test
  void passHandsItsInputOn() throws Exception {
    JsonNode output = bench.output(machine("A", "'A':{'Type':'Pass','End':true}"), "{\"x\":null}");
    assertThat(output).isEqualTo(parse("{\"x\":null}"));
  }

  @Test
  void assignAndOutputSeeTheVariablesAsTheyWereOnEntry() throws Exception {
    JsonNode output =
        bench.output(
            machine(
                "A",
                "'A':{'Type':'Pass','Assign':{'x':1,'y':2},'Next':'B'},"
                    + "'B':{'Type':'Pass','Assign':{'x':'{% $y %}','y':'{% $x %}'},"
                    + "'Output':'{% $x %}','Next':'C'},"
                    + "'C':{'Type':'Pass','Output':{'in':'{% $states.input %}','x':'{% $x %}',"
                    + "'y':'{% $y %}'},'End':true}"),
            "{}");
    assertThat(output).isEqualTo(parse("{\"in\":1,\"x\":2,\"y\":1}"));
  }

  @Test
  void taskGetsArgumentsAndItsResultBecomesTheOutput() throws Exception {
    bench.task("double", payload -> object().put("twice", payload.asInt() * 2));
    JsonNode output =
        bench.output(
            machine(
                "A",
                "'A':{'Type':'Task','Resource':'arn:aws:states:::test:run',"
                    + "'Arguments':{'Work':'double','Payload':'{% $states.input.n %}'},'End':true}"),
            "{\"n\":21}");
    assertThat(output).isEqualTo(parse("{\"twice\":42}"));
  }

  @Test
  void taskOutputAndAssignSeeTheResult() throws Exception {
    bench.task("one", payload -> parse("1"));
    JsonNode output =
        bench.output(
            machine(
                "A",
                "'A':{'Type':'Task','Resource':'arn:aws:states:::test:run',"
                    + "'Arguments':{'Work':'one'},'Assign':{'r':'{% $states.result %}'},"
                    + "'Output':'{% $states.result + 1 %}','Next':'B'},"
                    + "'B':{'Type':'Succeed','Output':['{% $states.input %}','{% $r %}']}"),
            "{}");
    assertThat(output).isEqualTo(parse("[2,1]"));
  }

  @Test
  void choiceTakesTheFirstRuleThatIsTrueWithItsOwnAssignAndOutput() throws Exception {
    String definition =
        machine(
            "A",
            "'A':{'Type':'Choice','Choices':["
                + "{'Condition':'{% $states.input.n > 10 %}','Next':'End','Output':'big'},"
                + "{'Condition':'{% $states.input.n > 5 %}','Next':'End','Assign':{'m':1}}],"
                + "'Default':'End','Output':'small'},"
                + "'End':{'Type':'Pass','Output':{'o':'{% $states.input %}',"
                + "'m':'{% $exists($m) %}'},'End':true}");
    assertThat(bench.output(definition, "{\"n\":11}"))
        .isEqualTo(parse("{\"o\":\"big\",\"m\":false}"));
    assertThat(bench.output(definition, "{\"n\":6}"))
        .isEqualTo(parse("{\"o\":{\"n\":6},\"m\":true}"));
    assertThat(bench.output(definition, "{\"n\":1}"))
        .isEqualTo(parse("{\"o\":\"small\",\"m\":false}"));
  }

  @Test
  void choiceWithoutMatchAndDefaultFails() throws Exception {
    Execution ended =
        bench.run(
            machine(
                "A",
                "'A':{'Type':'Choice','Choices':[{'Condition':'{% false %}','Next':'B'}]},"
                    + "'B':{'Type':'Succeed'}"),
            "{}");
    assertThat(ended.status()).isEqualTo(ExecutionStatus.FAILED);
    assertThat(ended.error()).contains("States.NoChoiceMatched");
  }

  @Test
  void choiceConditionThatIsNoBooleanIsAnError() throws Exception {
    Execution ended =
        bench.run(
            machine(
                "A",
                "'A':{'Type':'Choice','Choices':[{'Condition':'{% 1 %}','Next':'B'}],"
                    + "'Default':'B'},'B':{'Type':'Succeed'}"),
            "{}");
    assertThat(ended.error()).contains("States.QueryEvaluationError");
    assertThat(ended.cause().orElseThrow())
        .startsWith(
            "An error occurred while executing the state 'A' (entered at the event id #2). The"
                + " JSONata expression '1' specified for the field 'Condition' returned 1");
  }

  @Test
  void waitLetsTheSecondsPassThatItComputes() throws Exception {
    bench.output(
        machine("A", "'A':{'Type':'Wait','Seconds':'{% $states.input.s %}','End':true}"),
        "{\"s\":90}");
    assertThat(bench.time.sleeps()).containsExactly(Duration.ofSeconds(90));
  }

  @Test
  void waitForAMomentEndsAtThatMoment() throws Exception {
    bench.output(
        machine("A", "'A':{'Type':'Wait','Timestamp':'2026-01-01T01:00:00+00:00','End':true}"),
        "{}");
    assertThat(bench.time.sleeps()).containsExactly(Duration.ofHours(1));
  }

  @Test
  void waitForAMomentThatHasPassedEndsAtOnce() throws Exception {
    bench.output(
        machine("A", "'A':{'Type':'Wait','Timestamp':'2025-01-01T01:00:00Z','End':true}"), "{}");
    assertThat(bench.time.sleeps()).isEmpty();
  }

  @Test
  void failComputesErrorAndCause() throws Exception {
    Execution ended =
        bench.run(
            machine(
                "A",
                "'A':{'Type':'Fail','Error':'{% $states.input.e %}','Cause':'a literal $cause'}"),
            "{\"e\":\"Broken\"}");
    assertThat(ended.status()).isEqualTo(ExecutionStatus.FAILED);
    assertThat(ended.error()).contains("Broken");
    assertThat(ended.cause()).contains("a literal $cause");
  }

  @Test
  void parallelRunsAllBranchesAtOnceAndKeepsTheirOrder() throws Exception {
    CountDownLatch both = new CountDownLatch(2);
    bench.task(
        "meet",
        payload -> {
          both.countDown();
          both.await();
          return payload;
        });
    JsonNode output =
        bench.output(
            machine(
                "P",
                "'P':{'Type':'Parallel','Arguments':{'k':'{% $states.input.k %}'},'Branches':["
                    + "{'StartAt':'X','States':{'X':{'Type':'Task',"
                    + "'Resource':'arn:aws:states:::test:run','Arguments':{'Work':'meet',"
                    + "'Payload':'{% $states.input.k %}'},'End':true}}},"
                    + "{'StartAt':'Y','States':{'Y':{'Type':'Task',"
                    + "'Resource':'arn:aws:states:::test:run','Arguments':{'Work':'meet',"
                    + "'Payload':'b'},'End':true}}}],'End':true}"),
            "{\"k\":\"a\",\"z\":1}");
    assertThat(output).isEqualTo(parse("[\"a\",\"b\"]"));
  }

  @Test
  void parallelFailsWithItsBranchsErrorAndStopsTheOthers() throws Exception {
    CountDownLatch stopped = new CountDownLatch(1);
    CountDownLatch running = new CountDownLatch(1);
    bench.task(
        "hang",
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
    bench.task(
        "fail",
        payload -> {
          running.await();
          throw new TaskFailedException("Broken", "why");
        });
    Execution ended =
        bench.run(
            machine(
                "P",
                "'P':{'Type':'Parallel','Branches':["
                    + "{'StartAt':'X','States':{'X':{'Type':'Task',"
                    + "'Resource':'arn:aws:states:::test:run','Arguments':{'Work':'hang'},"
                    + "'End':true}}},"
                    + "{'StartAt':'Y','States':{'Y':{'Type':'Task',"
                    + "'Resource':'arn:aws:states:::test:run','Arguments':{'Work':'fail'},"
                    + "'End':true}}}],'End':true}"),
            "{}");
    assertThat(ended.error()).contains("Broken");
    assertThat(ended.cause()).contains("why");
    assertThat(stopped.getCount()).isZero();
  }

  @Test
  void innerLevelsReadOuterVariablesAndKeepTheirOwn() throws Exception {
    JsonNode output =
        bench.output(
            machine(
                "A",
                "'A':{'Type':'Pass','Assign':{'o':1},'Next':'P'},"
                    + "'P':{'Type':'Parallel','Branches':[{'StartAt':'X','States':{"
                    + "'X':{'Type':'Pass','Assign':{'i':'{% $o + 1 %}'},'Next':'X2'},"
                    + "'X2':{'Type':'Pass','Output':'{% $i %}','End':true}}}],'Next':'Z'},"
                    + "'Z':{'Type':'Pass','Output':['{% $states.input[0] %}',"
                    + "'{% $exists($i) %}'],'End':true}"),
            "{}");
    assertThat(output).isEqualTo(parse("[2,false]"));
  }

  @Test
  void inlineMapSelectsItemsAndKeepsTheirOrder() throws Exception {
    JsonNode output =
        bench.output(
            machine(
                "M",
                "'M':{'Type':'Map','Items':'{% $states.input.list %}','MaxConcurrency':2,"
                    + "'ItemSelector':{'v':'{% $states.context.Map.Item.Value %}',"
                    + "'i':'{% $states.context.Map.Item.Index %}','b':'{% $states.input.base %}'},"
                    + "'ItemProcessor':{'StartAt':'X','States':{'X':{'Type':'Pass',"
                    + "'Output':'{% $states.input.v * $states.input.b + $states.input.i %}',"
                    + "'End':true}}},'End':true}"),
            "{\"list\":[3,1,2],\"base\":10}");
    assertThat(output).isEqualTo(parse("[30,11,22]"));
  }

  @Test
  void contextNamesTheExecutionAndTheState() throws Exception {
    String machine =
        bench.create(
            "named",
            machine(
                "A",
                "'A':{'Type':'Pass','End':true,'Output':{'e':'{% $states.context.Execution.Name"
                    + " %}','i':'{% $states.context.Execution.Input.k %}',"
                    + "'id':'{% $states.context.Execution.Id %}',"
                    + "'t':'{% $states.context.State.EnteredTime %}',"
                    + "'s':'{% $states.context.State.Name %}',"
                    + "'m':'{% $states.context.StateMachine.Name %}'}}"));
    Execution started = bench.engine.start(machine, "first", "{\"k\":5}");
    Execution ended = bench.engine.await(started.arn(), Workbench.LONG);
    assertThat(parse(ended.output().orElseThrow()))
        .isEqualTo(
            parse(
                "{\"e\":\"first\",\"i\":5,"
                    + "\"id\":\"arn:aws:states:us-east-1:000000000000:execution:named:first\","
                    + "\"t\":\"2026-01-01T00:00:00Z\",\"s\":\"A\",\"m\":\"named\"}"));
  }

  @Test
  void historyTellsWhatHappenedInOrder() throws Exception {
    bench.task("one", payload -> parse("1"));
    Execution ended =
        bench.run(
            machine(
                "A",
                "'A':{'Type':'Task','Resource':'arn:aws:states:::test:run',"
                    + "'Arguments':{'Work':'one'},'Next':'B'},'B':{'Type':'Succeed'}"),
            "{}");
    assertThat(bench.events(ended.arn()))
        .containsExactly(
            "ExecutionStarted",
            "TaskStateEntered",
            "TaskScheduled",
            "TaskStarted",
            "TaskSucceeded",
            "TaskStateExited",
            "SucceedStateEntered",
            "SucceedStateExited",
            "ExecutionSucceeded");
  }
}
