package io.vmferry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Progress;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskEvent;
import io.vmferry.functions.task.TaskKind;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class TaskCommandTest {
  private static final String SECRET_URL = "https://example.com/disk.vmdk?signature=secret";

  private final CliRun cli = new CliRun();

  @Test
  void showsATaskWithItsDisks() {
    put(accepted("import-ami-1"));
    cli.backend.then(Tasks.converting(3 * Tasks.GIB / 2, 5));
    cli.backend.progress = new Progress(Tasks.GIB, 0, 0);

    assertThat(cli.run("task", "import-ami-1")).isZero();
    assertThat(cli.out())
        .isEqualTo(
            """
            task      import-ami-1
            status    converting: converting
            progress  66 %
            created   2026-01-02T03:04:05Z
            updated   2026-01-02T03:04:05Z
            snapshot  snap-00000000000000000  /dev/sda1  2 GiB  vmdk
            snapshot  snap-00000000000000001  /dev/sdb  1 GiB  vmdk
            """);
  }

  @Test
  void showsAFailedTaskAndItsErrorWithoutFailingItself() {
    put(accepted("import-ami-1"));
    cli.backend.then(Tasks.failed(ErrorCode.IMAGE_TRUNCATED, "too short"));

    assertThat(cli.run("task", "import-ami-1")).isZero();
    assertThat(cli.out()).contains("status    deleted", "error     IMAGE_TRUNCATED: too short");
  }

  @Test
  void printsJsonWithoutTheSource() {
    put(accepted("import-ami-1"));
    cli.backend.then(Tasks.converting(Tasks.GIB));
    cli.backend.progress = new Progress(Tasks.GIB, 0, 0);

    assertThat(cli.run("task", "--json", "import-ami-1")).isZero();
    JsonNode json = Json.read(cli.out(), JsonNode.class);
    assertThat(json.path("taskId").asText()).isEqualTo("import-ami-1");
    assertThat(json.path("kind").asText()).isEqualTo("image");
    assertThat(json.path("status").asText()).isEqualTo("converting");
    assertThat(json.path("progress").asInt()).isEqualTo(99);
    assertThat(json.path("createdAt").asText()).isEqualTo("2026-01-02T03:04:05Z");
    assertThat(json.path("disks").path(0).path("diskImageSize").asLong()).isEqualTo(Tasks.GIB);
    assertThat(json.has("imageId")).isFalse();
    assertThat(cli.out()).doesNotContain("secret");
  }

  @Test
  void waitsForTheEnd() {
    put(accepted("import-ami-1"));
    cli.backend.then(
        task -> task, Tasks.validating(), Tasks.converting(Tasks.GIB), Tasks.completed("ami-1"));

    assertThat(cli.run("task", "--wait", "import-ami-1")).isZero();
    assertThat(cli.out())
        .isEqualTo(
            """
            image     ami-1
            snapshot  snap-00000000000000000  /dev/sda1  1 GiB  vmdk
            """);
    assertThat(cli.err()).contains("validating", "converting");
  }

  @Test
  void listsTasksTheNewestFirst() {
    put(accepted("import-ami-1"));
    put(accepted("import-ami-2"));

    assertThat(cli.run("tasks")).isZero();
    assertThat(cli.out().lines().map(line -> line.split(" ", 2)[0]))
        .containsExactly("import-ami-2", "import-ami-1");

    CliRun json = new CliRun();
    json.backend.tasks.putAll(cli.backend.tasks);
    assertThat(json.run("tasks", "--json")).isZero();
    assertThat(Json.read(json.out(), JsonNode.class).path("tasks").findValuesAsText("taskId"))
        .containsExactly("import-ami-2", "import-ami-1");
  }

  @Test
  void showsWhatHappenedToATask() {
    put(accepted("import-ami-1"));
    cli.backend.events.add(
        new TaskEvent(
            FakeBackend.CREATED.plusMillis(1), TaskEvent.Kind.STATE, "validating: reading"));
    cli.backend.events.add(
        new TaskEvent(FakeBackend.CREATED.plusMillis(2), TaskEvent.Kind.ERROR, "Plan: no answer"));

    assertThat(cli.run("task", "import-ami-1")).isZero();
    assertThat(cli.out())
        .contains(
            """
            event     2026-01-02T03:04:05.001Z  state    validating: reading
            event     2026-01-02T03:04:05.002Z  error    Plan: no answer
            """);

    CliRun json = new CliRun();
    json.backend.tasks.putAll(cli.backend.tasks);
    json.backend.events.addAll(cli.backend.events);
    assertThat(json.run("task", "--json", "import-ami-1")).isZero();
    JsonNode events = Json.read(json.out(), JsonNode.class).path("events");
    assertThat(events.findValuesAsText("kind")).containsExactly("state", "error");
    assertThat(events.path(1).path("text").asText()).isEqualTo("Plan: no answer");
    assertThat(events.path(1).path("at").asText()).isEqualTo("2026-01-02T03:04:05.002Z");
  }

  @Test
  void aTaskThatFailedForAReasonThatMayPassTellsWhatIsKeptAndHowToGoOn() {
    put(accepted("import-ami-1"));
    Instant until = Instant.parse("2026-01-02T04:00:00Z");
    cli.backend.then(
        Tasks.converting(Tasks.GIB), Tasks.kept(ErrorCode.SERVICE_UNAVAILABLE, "no", until));

    assertThat(cli.run("task", "--wait", "import-ami-1")).isEqualTo(ExitCode.EXTERNAL);
    assertThat(cli.err()).contains("kept until 2026-01-02T04:00:00Z", "vmferry retry import-ami-1");
    assertThat(cli.backend.discarded).isEmpty();
  }

  @Test
  void retriesAFailedTaskAndWaitsForItsEnd() {
    cli.backend.uploads.put(SECRET_URL, 1L);
    put(
        Tasks.kept(ErrorCode.SERVICE_UNAVAILABLE, "no", Instant.MAX)
            .apply(accepted("import-ami-1")));
    cli.backend.then(
        task -> task, Tasks.validating(), Tasks.converting(Tasks.GIB), Tasks.completed("ami-1"));

    assertThat(cli.run("retry", "import-ami-1")).isZero();

    assertThat(cli.out()).contains("image     ami-1");
    assertThat(cli.backend.resumed).isEqualTo(1);
    assertThat(cli.backend.discarded).containsExactly(SECRET_URL);
  }

  @Test
  void refusesToRetryWhatHasNotFailed() {
    put(accepted("import-ami-1"));

    assertThat(cli.run("retry", "import-ami-1")).isEqualTo(ExitCode.USER);
    assertThat(cli.err()).contains("TASK_STATE_CONFLICT");
    assertThat(cli.run("retry", "import-ami-2")).isEqualTo(ExitCode.USER);
    assertThat(cli.err()).contains("TASK_NOT_FOUND");
  }

  @Test
  void cancelsAndWaitsUntilNothingIsLeft() {
    put(accepted("import-ami-1"));
    cli.backend.then(Tasks.validating(), task -> task, Tasks.deleted());

    assertThat(cli.run("cancel", "import-ami-1")).isZero();
    assertThat(cli.out()).isEqualTo("import-ami-1 deleted\n");
    assertThat(cli.err()).contains("deleting");
  }

  @Test
  void goesOnWithACancelWhenTheProcessWhoseAwsItWasHasEnded() {
    put(accepted("import-ami-1"));
    cli.backend.then(
        Tasks.validating(),
        task -> {
          throw new VmferryException(ErrorCode.SERVICE_UNAVAILABLE, "connection refused");
        },
        task -> task,
        Tasks.deleted());

    assertThat(cli.run("cancel", "import-ami-1")).isZero();
    assertThat(cli.out()).isEqualTo("import-ami-1 deleted\n");
    assertThat(cli.backend.opened).hasSize(2);
  }

  static Task accepted(String id) {
    return Task.accepted(
        id,
        new ImportRequest(
            TaskKind.IMPORT_IMAGE,
            List.of(DiskContainer.of(SECRET_URL)),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Map.of(),
            GuestOptions.AS_IT_IS),
        FakeBackend.CREATED);
  }

  private void put(Task task) {
    cli.backend.tasks.put(task.id(), task);
  }
}
