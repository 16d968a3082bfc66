package io.vmferry.local.stepfunctions;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.local.ecs.ContainerEngine;
import io.vmferry.local.ecs.ContainerRun;
import io.vmferry.local.ecs.EcsRuntime;
import io.vmferry.local.ecs.TaskDefinition;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EcsRunTaskTest {
  private static final String NETWORK =
      "'NetworkConfiguration':{'AwsvpcConfiguration':{'Subnets':['subnet-1'],'SecurityGroups':['sg-1'],'AssignPublicIp':'DISABLED'}}";
  private static final String PLAIN =
      "'LaunchType':'FARGATE','Cluster':'c','TaskDefinition':'shell'," + NETWORK;

  @TempDir Path directory;
  private EcsRuntime ecs;
  private StepFunctions engine;

  /** Containers that are shells: the command is a script and its arguments. */
  private static final class Shells implements ContainerEngine {
    @Override
    public ProcessBuilder prepare(ContainerRun run) {
      List<String> command = run.command().isEmpty() ? List.of("exit 0") : run.command();
      ProcessBuilder builder =
          command.getFirst().equals("no such program")
              ? new ProcessBuilder("/nowhere/sh")
              : new ProcessBuilder("sh", "-c", command.getFirst());
      builder.environment().putAll(run.environment());
      return builder;
    }

    @Override
    public void kill(ContainerRun run, Process process) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  @BeforeEach
  void open() {
    ecs = new EcsRuntime("us-east-1", "000000000000", "c", new Shells());
    ecs.register(
        new TaskDefinition(
            "shell", "main", Map.of("GREETING", "hello"), 1024, 512, Duration.ofSeconds(2)));
    engine =
        new StepFunctions(
            new StepFunctionsOptions(
                directory.resolve("states"), "us-east-1", "000000000000", 4, new JumpingTime()),
            List.of(new EcsRunTask(ecs)),
            (bucket, key) -> new ByteArrayInputStream(new byte[0]));
  }

  @AfterEach
  void close() {
    engine.close();
    ecs.close();
  }

  private static String definition(String arguments) {
    return Workbench.machine(
        "A",
        "'A':{'Type':'Task','Resource':'arn:aws:states:::ecs:runTask.sync','Arguments':{"
            + arguments
            + "},'End':true}");
  }

  private String start(String arguments) throws InvalidDefinitionException {
    String machine =
        engine.create("m" + engine.machines().size(), definition(arguments), "r", Map.of()).arn();
    return engine.start(machine, null, "{}").arn();
  }

  private Execution run(String arguments) throws InvalidDefinitionException {
    return engine.await(start(arguments), Workbench.LONG);
  }

  private static String command(String script) {
    return PLAIN
        + ",'Overrides':{'ContainerOverrides':[{'Name':'main','Command':['"
        + script
        + "'],'Environment':[{'Name':'WHOM','Value':'world'}]}]}";
  }

  @Test
  void givesTheTasksDescriptionOnceItsContainerHasEndedWell() throws Exception {
    Path said = directory.resolve("said");

    Execution ended = run(command("echo $GREETING $WHOM >" + said));

    assertThat(ended.status()).isEqualTo(ExecutionStatus.SUCCEEDED);
    assertThat(said).hasContent("hello world");
    JsonNode task = Workbench.parse(ended.output().orElseThrow());
    assertThat(task.path("Containers").path(0).path("ExitCode").asInt(-1)).isZero();
    assertThat(task.path("LastStatus").asText()).isEqualTo("STOPPED");
    assertThat(task.path("TaskArn").asText())
        .startsWith("arn:aws:ecs:us-east-1:000000000000:task/c/");
    assertThat(task.path("Memory").asText()).isEqualTo("512");
  }

  @Test
  void failsWithTheDescriptionIfTheContainerEndsOtherwise() throws Exception {
    Execution ended = run(command("exit 3"));

    assertThat(ended.error()).contains("States.TaskFailed");
    JsonNode task = Workbench.parse(ended.cause().orElseThrow());
    assertThat(task.path("Containers").path(0).path("ExitCode").asInt()).isEqualTo(3);
    assertThat(task.path("StopCode").asText()).isEqualTo("EssentialContainerExited");
  }

  @Test
  void failsWithoutAnExitCodeIfTheContainerCannotBeStarted() throws Exception {
    Execution ended = run(command("no such program"));

    assertThat(ended.error()).contains("States.TaskFailed");
    JsonNode task = Workbench.parse(ended.cause().orElseThrow());
    assertThat(task.path("Containers").path(0).has("ExitCode")).isFalse();
    assertThat(task.path("StopCode").asText()).isEqualTo("TaskFailedToStart");
    assertThat(task.path("StoppedReason").asText()).startsWith("CannotStartContainerError");
  }

  @Test
  @Timeout(60)
  void stoppingTheExecutionTellsTheContainerToEnd() throws Exception {
    Path started = directory.resolve("started");
    Path told = directory.resolve("told");
    String arn =
        start(
            command(
                "trap `echo told >%s; exit 143` TERM; echo $$ >%s; while :; do sleep 0.05; done"
                    .formatted(told, started)
                    .replace("`", "\\\"")));
    long pid = pid(started);

    engine.stop(arn, "Stopped", "by a test");

    assertThat(engine.describe(arn).status()).isEqualTo(ExecutionStatus.ABORTED);
    awaitEnd(pid);
    assertThat(told).hasContent("told");
  }

  @Test
  @Timeout(60)
  void aContainerThatDoesNotEndWhenItIsToldToIsKilled() throws Exception {
    Path started = directory.resolve("started");
    String arn =
        start(command("trap : TERM; echo $$ >%s; while :; do sleep 0.05; done".formatted(started)));
    long pid = pid(started);

    engine.stop(arn, "Stopped", "by a test");

    awaitEnd(pid);
  }

  private static long pid(Path file) throws Exception {
    while (!Files.exists(file) || Files.readString(file).isBlank()) {
      Thread.sleep(20);
    }
    return Long.parseLong(Files.readString(file).strip());
  }

  private static void awaitEnd(long pid) throws Exception {
    var process = ProcessHandle.of(pid);
    if (process.isPresent()) {
      process.get().onExit().get(30, TimeUnit.SECONDS);
    }
    assertThat(ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false)).isFalse();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      textBlock =
          """
          'Cluster':'c'     | 'Cluster':'d'         | ECS.ClusterNotFoundException
          'shell'           | 'bash'                | ECS.ClientException
          'FARGATE'         | 'EC2'                 | ECS.InvalidParameterException
          ['subnet-1']      | []                    | ECS.InvalidParameterException
          'subnet-1'        | 'vpc-1'               | ECS.InvalidParameterException
          'sg-1'            | 7                     | ECS.InvalidParameterException
          'DISABLED'        | 'PERHAPS'             | ECS.InvalidParameterException
          'Name':'main'     | 'Name':'side'         | ECS.InvalidParameterException
          'Command':        | 'Cpu':1,'Command':    | States.Runtime
          'Overrides':{     | 'Overrides':{'Cpu':1, | States.Runtime
          'Value':'world'   | 'Value':8             | ECS.InvalidParameterException
          """)
  void refusesArgumentsThatEcsRefusesOrThatAreNotSupported(String right, String wrong, String error)
      throws Exception {
    String arguments = command("exit 0");
    assertThat(arguments).contains(right);

    Execution ended = run(arguments.replace(right, wrong));

    assertThat(ended.error()).contains(error);
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '"',
      value = {"'LaunchType':'FARGATE', 'Count':1", "'Cluster':'c', 'Group':'g'"})
  void refusesADefinitionThatLacksAnArgumentOrHasAnother(String needed, String unknown) {
    assertThatThrownBy(() -> start(PLAIN.replace(needed + ",", "")))
        .isInstanceOf(InvalidDefinitionException.class);
    assertThatThrownBy(() -> start(PLAIN + "," + unknown))
        .isInstanceOf(InvalidDefinitionException.class);
  }
}
