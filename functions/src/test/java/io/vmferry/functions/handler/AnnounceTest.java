package io.vmferry.functions.handler;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.disk.DiskFormat;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.port.EventPublisher;
import io.vmferry.functions.port.TaskChanges;
import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.Effect;
import io.vmferry.functions.task.Progress;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskError;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AnnounceTest {
  private static final Instant START = Instant.parse("2026-11-24T10:00:00Z");
  private static final String UPLOAD = "s3://images/imports/web.ova";
  private static final String SECRET_URL =
      "https://user:pa55@host/web.ova?X-Amz-Signature=5ecret#x";

  private final EventsFixture fixture = new EventsFixture();

  @Test
  void everyStateIsPutOnTheBusOnceInItsOrder() throws IOException {
    Task task = accepted(UPLOAD);
    change(null, task);
    Task validating = next(task, TaskStatus.VALIDATING);
    change(task, validating);
    // A change of the same state is no news.
    Task again = validating.advanced(TaskStatus.VALIDATING, "still").nextVersion(START);
    change(validating, again);
    change(again, next(again, TaskStatus.VALIDATED));

    assertThat(fixture.announce().path("batchItemFailures")).isEmpty();
    assertThat(fixture.announce().path("batchItemFailures")).isEmpty();

    assertThat(statuses()).containsExactly("active", "validating", "validated");
    assertThat(fixture.publisher.events())
        .extracting(EventPublisher.Event::detailType)
        .containsOnly("vmferry Task State Change");
    assertThat(fixture.publisher.messages()).isEmpty();
    assertThat(fixture.metrics.sum("TasksStarted")).isEqualTo(1);
  }

  @Test
  void aChangeThatCannotBeToldComesAgainWithAllAfterIt() throws IOException {
    Task task = accepted(UPLOAD);
    change(null, task);
    change(task, next(task, TaskStatus.VALIDATING));
    fixture
        .publisher
        .faults()
        .failNext("put", new VmferryException(ErrorCode.SERVICE_THROTTLED, "x"));

    assertThat(fixture.announce().path("batchItemFailures").path(0).path("itemIdentifier").asText())
        .isEqualTo("1");
    assertThat(fixture.announce().path("batchItemFailures")).isEmpty();

    assertThat(statuses()).containsExactly("active", "validating");
  }

  @Test
  void aChangeThatIsRefusedForGoodKeepsNoOtherFromBeingTold() throws IOException {
    Task task = accepted(UPLOAD);
    change(null, task);
    change(task, next(task, TaskStatus.VALIDATING));
    fixture.publisher.faults().failNext("put", new VmferryException(ErrorCode.INTERNAL, "x"));

    assertThat(fixture.announce().path("batchItemFailures")).isEmpty();

    assertThat(statuses()).containsExactly("validating");
    assertThat(fixture.metrics.sum("ChangesRefused")).isEqualTo(1);
  }

  @Test
  void aCompletedUploadHasItsResultBesideItAndAMessage() throws IOException {
    Task task = accepted(UPLOAD);
    fixture.pipeline.progress.report(task.id(), "0", new Progress(7, 5, 1));
    Task completed = completed(task);
    change(task, completed);

    fixture.announce();

    JsonNode result = fixture.result("imports/web.ova").orElseThrow();
    assertThat(result.path("status").asText()).isEqualTo("completed");
    assertThat(result.path("source").asText()).isEqualTo(UPLOAD);
    assertThat(result.path("taskId").asText()).isEqualTo(task.id());
    assertThat(result.path("imageId").asText()).isEqualTo("ami-1");
    assertThat(result.path("snapshots").path(0).path("snapshotId").asText()).isEqualTo("snap-1");
    assertThat(result.path("snapshots").path(0).path("deviceName").asText()).isEqualTo("/dev/sda1");
    EventPublisher.Message message = fixture.publisher.messages().getFirst();
    assertThat(message.subject()).isEqualTo("vmferry: task " + task.id() + " completed");
    assertThat(message.body()).isEqualTo(fixture.publisher.events().getLast().detail());
    assertThat(message.attributes())
        .containsEntry("status", "completed")
        .containsEntry("kind", "import-image");
    assertThat(fixture.metrics.sum("TasksSucceeded")).isEqualTo(1);
    assertThat(fixture.metrics.sum("BytesConverted")).isEqualTo(4096);
    assertThat(fixture.metrics.sum("BlocksWritten")).isEqualTo(5);
    assertThat(fixture.metrics.sum("TaskDuration")).isEqualTo(90);
  }

  @Test
  void aFailedUploadTellsWhy() throws IOException {
    Task task = accepted(UPLOAD);
    Task failed =
        task.withError(new TaskError(ErrorCode.OVF_INVALID, "no OVF at all"))
            .advanced(TaskStatus.DELETED, "no OVF at all")
            .nextVersion(START);
    change(task, failed);

    fixture.announce();

    JsonNode result = fixture.result("imports/web.ova").orElseThrow();
    assertThat(result.path("status").asText()).isEqualTo("failed");
    assertThat(result.path("error").path("code").asText()).isEqualTo("OVF_INVALID");
    assertThat(fixture.metrics.measurements())
        .anySatisfy(
            m -> {
              assertThat(m.name()).isEqualTo("TasksFailed");
              assertThat(m.dimensions())
                  .containsEntry("ErrorCode", "OVF_INVALID")
                  .containsEntry("Category", "USER");
            });
  }

  @Test
  void aCancelledTaskIsNoFailure() throws IOException {
    Task task = accepted(UPLOAD);
    change(
        task,
        task.withError(new TaskError(ErrorCode.TASK_CANCELLED, "cancelled"))
            .advanced(TaskStatus.DELETED, "cancelled")
            .nextVersion(START));

    fixture.announce();

    assertThat(fixture.result("imports/web.ova").orElseThrow().path("status").asText())
        .isEqualTo("cancelled");
    assertThat(fixture.metrics.recorded("TasksFailed")).isZero();
    assertThat(fixture.metrics.sum("TasksCancelled")).isEqualTo(1);
  }

  @Test
  void anOlderImportDoesNotReplaceTheResultOfANewerOne() throws IOException {
    Task older = accepted(UPLOAD);
    Task newer =
        Task.accepted(
            "import-ami-00000000000000002",
            Pipeline.request(TaskKind.IMPORT_IMAGE, null, UPLOAD),
            START.plusSeconds(10));
    change(newer, completed(newer));
    change(older, completed(older));

    fixture.announce();

    assertThat(fixture.result("imports/web.ova").orElseThrow().path("taskId").asText())
        .isEqualTo(newer.id());
    assertThat(fixture.publisher.messages()).hasSize(2);
  }

  @Test
  void whatIsNoUploadHasNoResult() throws IOException {
    for (String url :
        List.of("s3://images/uploads/1/web.ova", "s3://b/imports/x.ova", SECRET_URL)) {
      Task task = accepted(url);
      change(task, completed(task));
    }

    fixture.announce();

    assertThat(fixture.pipeline.objects.keys(EventsFixture.IMAGES)).isEmpty();
  }

  @Test
  void aResultThatMayNotBeWrittenKeepsNothingFromBeingTold() throws IOException {
    Task task = accepted(UPLOAD);
    change(task, completed(task));
    fixture
        .pipeline
        .objects
        .faults()
        .failNext("put", new VmferryException(ErrorCode.SERVICE_ACCESS_DENIED, "denied"));

    assertThat(fixture.announce().path("batchItemFailures")).isEmpty();

    assertThat(fixture.publisher.messages()).hasSize(1);
  }

  @Test
  void credentialsOfSourcesAreInNoEvent() throws IOException {
    change(null, accepted(SECRET_URL));

    fixture.announce();

    assertThat(fixture.publisher.events().getFirst().detail())
        .contains("https://host/web.ova")
        .doesNotContain("pa55", "user", "Signature", "5ecret");
  }

  @Test
  void whatCannotBeReadIsLeftOutAndCounted() throws IOException {
    fixture.changes.add(new TaskChanges.Unreadable("0", START, "no document"));
    fixture.changes.add(
        new TaskChanges.EffectChange(
            "1", START, "t", new Effect(Effect.Kind.SNAPSHOT, "snap-1"), true));
    change(null, accepted(UPLOAD));

    assertThat(fixture.announce().path("batchItemFailures")).isEmpty();

    assertThat(statuses()).containsExactly("active");
    assertThat(fixture.metrics.sum("ChangesUnreadable")).isEqualTo(1);
  }

  private static Task accepted(String url) {
    return Task.accepted(
        "import-ami-0123456789abcdef0", Pipeline.request(TaskKind.IMPORT_IMAGE, null, url), START);
  }

  private static Task next(Task task, TaskStatus status) {
    return task.advanced(status, status.name()).nextVersion(START.plusSeconds(1));
  }

  private static Task completed(Task task) {
    Disk disk =
        new Disk(
            0,
            0,
            DiskFormat.VMDK,
            1 << 30,
            List.of(),
            Optional.of("/dev/sda1"),
            Optional.of("snap-1"),
            1,
            4096);
    return task.withDisks(List.of(disk))
        .withImage("ami-1")
        .advanced(TaskStatus.COMPLETED, "completed")
        .nextVersion(task.createdAt().plus(Duration.ofSeconds(90)));
  }

  private void change(@Nullable Task before, Task after) {
    fixture.changes.add(
        new TaskChanges.TaskChange(
            String.valueOf(fixture.changes.size() + 1), START, Optional.ofNullable(before), after));
  }

  private List<String> statuses() {
    return fixture.publisher.events().stream()
        .map(EventPublisher.Event::detail)
        .map(detail -> Json.read(detail, JsonNode.class).path("status").asText())
        .toList();
  }
}
