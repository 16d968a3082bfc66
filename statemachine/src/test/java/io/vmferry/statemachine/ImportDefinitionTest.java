package io.vmferry.statemachine;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ImportDefinitionTest {
  private static final String RESOURCE = "import.asl.json";
  private static final String LAMBDA = "arn:aws:states:::lambda:invoke";
  private static final String CONTAINER = "arn:aws:states:::ecs:runTask.sync";
  private static final List<String> RETRIED =
      List.of(
          "io.vmferry.functions.handler.ExternalException",
          "io.vmferry.functions.handler.CapacityException");

  /** Functions that nobody has called for weeks are made ready again, which takes minutes. */
  private static final List<String> NOT_READY =
      List.of(
          "Lambda.SnapStartNotReadyException",
          "Lambda.CodeArtifactUserPendingException",
          "Lambda.ResourceNotReadyException");

  private static final List<String> NEVER_RETRIED =
      List.of(
          "io.vmferry.functions.handler.UserException",
          "io.vmferry.functions.handler.InternalException",
          "States.ALL",
          "States.TaskFailed");

  /** Fails for the task's reason, and succeeds when the execution is redriven. */
  private static final String END_OF_RUN = "Failed";

  private final String text = read();
  private final JsonNode machine = parse(text);

  @Test
  void asksForEveryFunctionByASubstitution() {
    Matcher matcher = Pattern.compile("\\$\\{(\\w+)}").matcher(text);
    assertThat(matcher.results().map(match -> match.group(1)).distinct())
        .containsExactlyInAnyOrder(
            "ValidateFunction",
            "DownloadRangeFunction",
            "PlanFunction",
            "ConvertChunkFunction",
            "VerifyManifestFunction",
            "ModifyOsFunction",
            "ApplyChangesFunction",
            "CompleteSnapshotsFunction",
            "CheckSnapshotsFunction",
            "RegisterFunction",
            "NoteFailureFunction",
            "CleanupFunction",
            "ContainerCluster",
            "ContainerTaskDefinition",
            "ContainerName",
            "ContainerSubnets",
            "ContainerSecurityGroups",
            "ContainerPublicIp",
            "ResumeTaskFunction",
            "MaxConcurrency",
            "SnapshotPollSeconds");
  }

  @Test
  void retriesExternalAndCapacityFailuresOfEveryFunctionAndNoOthers() {
    for (Map.Entry<String, JsonNode> task : tasks(LAMBDA)) {
      if (task.getKey().equals(END_OF_RUN)) {
        continue;
      }
      List<String> retried = new ArrayList<>();
      task.getValue()
          .path("Retry")
          .forEach(rule -> rule.path("ErrorEquals").forEach(name -> retried.add(name.asText())));
      assertThat(retried)
          .as(task.getKey())
          .containsAll(RETRIED)
          .doesNotContainAnyElementsOf(NEVER_RETRIED);
    }
  }

  @Test
  void waitsForFunctionsThatAreNotReadyAndForCapacity() {
    for (Map.Entry<String, JsonNode> task : tasks(LAMBDA)) {
      if (task.getKey().equals(END_OF_RUN)) {
        continue;
      }
      JsonNode rules = task.getValue().path("Retry");
      List<String> first = new ArrayList<>();
      rules.path(0).path("ErrorEquals").forEach(name -> first.add(name.asText()));
      assertThat(first).as(task.getKey()).isEqualTo(NOT_READY);
      JsonNode wait = rules.path(0);
      assertThat(wait.path("IntervalSeconds").asInt() * wait.path("MaxAttempts").asInt())
          .isGreaterThanOrEqualTo(300);
      assertThat(rules.path(1).path("ErrorEquals").path(0).asText())
          .isEqualTo("Lambda.TooManyRequestsException");
      assertThat(rules.path(1).path("MaxAttempts").asInt()).isGreaterThanOrEqualTo(100);
    }
  }

  @Test
  void runsAContainerAgainUnlessItSaysThatItFailedForGood() {
    List<Map.Entry<String, JsonNode>> containers = tasks(CONTAINER);
    assertThat(containers)
        .extracting(Map.Entry::getKey)
        .containsExactlyInAnyOrder("DownloadFiles", "ConvertDisks");
    for (Map.Entry<String, JsonNode> task : containers) {
      JsonNode caught = task.getValue().path("Catch").path(0);
      assertThat(caught.path("ErrorEquals").path(0).asText()).isEqualTo("States.ALL");
      JsonNode again = state(caught.path("Next").asText());
      JsonNode rule = again.path("Choices").path(0);
      assertThat(rule.path("Next").asText()).isEqualTo(task.getKey());
      assertThat(rule.path("Condition").asText()).contains("< 3", "ExitCode != 1");
      JsonNode end = state(again.path("Default").asText());
      // Either cleans up itself, or fails the branch, after which that is done.
      assertThat(end.path("Type").asText()).isIn("Fail", "Task");
    }
  }

  @Test
  void givesDisksToTheContainerWhereThePlanSaysSo() {
    for (String choice : List.of("AnyChunks", "DownloadsNeeded")) {
      JsonNode first = state(choice).path("Choices").path(0);
      assertThat(first.path("Condition").asText()).contains("> 0 and $compute = 'FARGATE'");
      assertThat(first.path("Next").asText()).isIn("ConvertDisks", "DownloadFiles");
    }
    for (String step : List.of("Validate", "Plan")) {
      assertThat(state(step).path("Assign").path("compute").asText())
          .isEqualTo("{% $states.result.Payload.compute %}");
    }
  }

  private JsonNode state(String name) {
    return Stream.concat(Stream.of(machine), machine.findParents("StartAt").stream())
        .map(scope -> scope.path("States").path(name))
        .filter(state -> !state.isMissingNode())
        .findFirst()
        .orElseThrow(() -> new AssertionError("there is no state " + name));
  }

  @Test
  void leadsFromEveryFailureToCleanup() {
    // The second asks first whether to try again.
    List<String> withoutCatch = List.of("Cleanup", "DownloadFiles", END_OF_RUN);
    machine
        .path("States")
        .properties()
        .forEach(
            state -> {
              String type = state.getValue().path("Type").asText();
              if (List.of("Task", "Map", "Parallel").contains(type)
                  && !withoutCatch.contains(state.getKey())) {
                JsonNode rule = state.getValue().path("Catch").path(0);
                assertThat(rule.path("ErrorEquals").path(0).asText())
                    .as(state.getKey())
                    .isEqualTo("States.ALL");
                assertThat(rule.path("Next").asText()).as(state.getKey()).isEqualTo("Cleanup");
              }
            });
  }

  @Test
  void notesTheFailureOfAMapsItemBeforeTheMapFails() {
    List<JsonNode> maps = machine.findParents("ItemProcessor");
    assertThat(maps).hasSize(3);
    for (JsonNode map : maps) {
      JsonNode states = map.path("ItemProcessor").path("States");
      JsonNode step = states.path(map.path("ItemProcessor").path("StartAt").asText());
      JsonNode note = states.path(step.path("Catch").path(0).path("Next").asText());
      assertThat(note.path("Arguments").path("FunctionName").asText())
          .isEqualTo("${NoteFailureFunction}");
      JsonNode failed = states.path(note.path("Next").asText());
      assertThat(failed.path("Type").asText()).isEqualTo("Fail");
    }
  }

  @Test
  void readsItemsAsAJsonArrayWithoutBatching() {
    for (JsonNode map : machine.findParents("ItemReader")) {
      assertThat(map.path("ItemReader").path("ReaderConfig").path("InputType").asText())
          .isEqualTo("JSON");
      assertThat(map.has("ItemBatcher")).isFalse();
    }
  }

  @Test
  void changesTheGuestBesideTheConversionAndWritesTheChangesAfterBoth() {
    JsonNode work = machine.path("States").path("Work");
    List<String> beside = new ArrayList<>();
    work.path("Branches")
        .forEach(branch -> branch.path("States").fieldNames().forEachRemaining(beside::add));
    assertThat(beside).contains("ConvertChunks", "VerifyManifest", "ModifyOs");
    assertThat(next("Work")).isEqualTo("ChangesToWrite");
    assertThat(next("ApplyChanges")).isEqualTo("CompleteSnapshots");
    JsonNode choice = machine.path("States").path("ChangesToWrite");
    assertThat(choice.path("Choices").path(0).path("Condition").asText())
        .isEqualTo("{% $dryRun %}");
    assertThat(choice.path("Choices").path(0).path("Next").asText()).isEqualTo("Register");
    assertThat(choice.path("Choices").path(1).path("Condition").asText())
        .isEqualTo("{% $modifyOs %}");
    assertThat(choice.path("Choices").path(1).path("Next").asText()).isEqualTo("ApplyChanges");
    assertThat(choice.path("Default").asText()).isEqualTo("CompleteSnapshots");
  }

  @Test
  void endsAFailedRunInAStepThatBeginsTheNextRunWhenItIsRedriven() {
    assertThat(next("Cleanup")).isEqualTo(END_OF_RUN);
    JsonNode end = machine.path("States").path(END_OF_RUN);
    assertThat(end.path("Type").asText()).isEqualTo("Task");
    assertThat(end.path("Next").asText()).isEqualTo(machine.path("StartAt").asText());
    assertThat(end.has("Catch")).isFalse();
    end.path("Retry")
        .forEach(
            rule ->
                rule.path("ErrorEquals")
                    .forEach(name -> assertThat(name.asText()).doesNotStartWith("io.vmferry.")));
    for (String state : List.of("Cleanup", END_OF_RUN)) {
      assertThat(
              machine
                  .path("States")
                  .path(state)
                  .path("Arguments")
                  .path("Payload")
                  .path("redrives")
                  .asText())
          .isEqualTo("{% $states.context.Execution.RedriveCount %}");
    }
  }

  private String next(String state) {
    return machine.path("States").path(state).path("Next").asText();
  }

  private List<Map.Entry<String, JsonNode>> tasks(String resource) {
    List<Map.Entry<String, JsonNode>> tasks = new ArrayList<>();
    Stream.concat(Stream.of(machine), machine.findParents("StartAt").stream())
        .distinct()
        .flatMap(scope -> scope.path("States").properties().stream())
        .filter(state -> state.getValue().path("Type").asText().equals("Task"))
        .filter(state -> state.getValue().path("Resource").asText().equals(resource))
        .forEach(tasks::add);
    assertThat(tasks).isNotEmpty();
    return tasks;
  }

  private static JsonNode parse(String text) {
    try {
      return new ObjectMapper().readTree(text.replaceAll(": \\$\\{\\w+}", ": 1"));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String read() {
    try (InputStream in =
        Objects.requireNonNull(ImportDefinitionTest.class.getResourceAsStream(RESOURCE))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }
}
