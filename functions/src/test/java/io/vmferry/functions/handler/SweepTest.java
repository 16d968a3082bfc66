package io.vmferry.functions.handler;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.Leftovers;
import io.vmferry.functions.port.SnapshotStore;
import io.vmferry.functions.task.Effect;
import io.vmferry.functions.task.TaskError;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

class SweepTest {
  private final EventsFixture fixture = new EventsFixture();
  private final Instant old = fixture.clock.instant().minus(Duration.ofHours(25));
  private final Instant young = fixture.clock.instant().minus(Duration.ofHours(23));

  @Test
  void whatAnActiveTaskHasMadeIsLeftAlone() throws IOException {
    String active = task();
    addEverything(active, old);

    assertThat(removed()).isEmpty();

    assertThat(fixture.pipeline.snapshots.ids()).hasSize(1);
  }

  @Test
  void whatADeletedTaskHasLeftGoesOnceItIsOld() throws IOException {
    String deleted = task();
    end(deleted, TaskStatus.DELETED);
    String snapshot = addEverything(deleted, old);

    assertThat(removed())
        .containsExactly(
            "IMAGE ami-" + deleted,
            "SNAPSHOT " + snapshot,
            "UPLOAD work/tasks/" + deleted + "/sources/00#upload",
            "OBJECT work/tasks/" + deleted + "/");
    assertThat(fixture.pipeline.snapshots.ids()).isEmpty();
    assertThat(fixture.pipeline.objects.keys("work")).isEmpty();
    assertThat(fixture.metrics.sum("OrphansFound")).isEqualTo(4);
    assertThat(fixture.metrics.sum("OrphansRemoved")).isEqualTo(4);
  }

  @Test
  void whatIsYoungIsLeftAlone() throws IOException {
    String deleted = task();
    end(deleted, TaskStatus.DELETED);
    addEverything(deleted, young);

    assertThat(removed()).isEmpty();

    // A sweep that found nothing has a figure as well.
    assertThat(fixture.metrics.recorded("OrphansFound")).isEqualTo(Effect.Kind.values().length);
    assertThat(fixture.metrics.sum("OrphansFound")).isZero();
  }

  @Test
  void theResultsOfACompletedTaskStay() throws IOException {
    byte[] disk = new byte[1 << 20];
    disk[5] = 1;
    fixture.pipeline.objects.put("b", "disk.raw", disk);
    String id =
        fixture.pipeline.start(Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", "s3://b/disk.raw"));
    var completed = fixture.pipeline.run(id);
    String image = completed.imageId().orElseThrow();
    String result = completed.disk(0).snapshotId().orElseThrow();
    String other = snapshot(id + "-other");
    fixture.leftovers.addImage(new Leftovers.Tagged(image, id, old, false));
    fixture.leftovers.addSnapshot(new Leftovers.Tagged(result, id, old, false));
    fixture.leftovers.addSnapshot(new Leftovers.Tagged(other, id, old, true));

    assertThat(removed()).containsExactly("SNAPSHOT " + other);

    assertThat(fixture.pipeline.images.images()).containsKey(image);
    assertThat(fixture.pipeline.snapshots.ids()).containsExactly(result);
  }

  @Test
  void copiesOfACompletedTasksResultsStayHoweverOld() throws IOException {
    String id = task();
    end(id, TaskStatus.COMPLETED);
    Instant ended = fixture.pipeline.tasks.find(id).orElseThrow().updatedAt();
    String copy = snapshot("copy");
    String untold = snapshot("untold");
    String own = snapshot("own");
    fixture.leftovers.addImage(new Leftovers.Tagged("ami-copy", id, ended.plusSeconds(1), false));
    fixture.leftovers.addSnapshot(new Leftovers.Tagged(copy, id, ended, false));
    fixture.leftovers.addImage(
        new Leftovers.Tagged("ami-own", id, ended.minus(Duration.ofSeconds(1)), false));
    fixture.leftovers.addSnapshot(
        new Leftovers.Tagged(own, id, ended.minus(Duration.ofSeconds(1)), false));
    fixture.clock.advance(Duration.ofHours(30));

    assertThat(removed()).containsExactly("IMAGE ami-own", "SNAPSHOT " + own);

    assertThat(fixture.pipeline.snapshots.ids()).containsExactlyInAnyOrder(copy, untold);
  }

  @Test
  void whatIsMadeLongAfterADeletedTaskIsNotItsOwn() throws IOException {
    String id = task();
    end(id, TaskStatus.DELETED);
    Instant ended = fixture.pipeline.tasks.find(id).orElseThrow().updatedAt();
    String late = snapshot("late");
    String other = snapshot("other");
    // A function that was running when the task was removed may have made this.
    fixture.leftovers.addSnapshot(
        new Leftovers.Tagged(late, id, ended.plus(Duration.ofMinutes(15)), true));
    fixture.leftovers.addSnapshot(
        new Leftovers.Tagged(other, id, ended.plus(Duration.ofMinutes(20)), false));
    fixture.leftovers.addImage(
        new Leftovers.Tagged("ami-other", id, ended.plus(Duration.ofMinutes(20)), false));
    fixture.clock.advance(Duration.ofHours(30));

    assertThat(removed()).containsExactly("SNAPSHOT " + late);

    assertThat(fixture.pipeline.snapshots.ids()).containsExactly(other);
  }

  @Test
  void ofATaskThatIsNotKnownOnlyWhatIsPendingGoes() throws IOException {
    String pending = snapshot("pending");
    String result = snapshot("result");
    fixture.leftovers.addSnapshot(new Leftovers.Tagged(pending, "gone", old, true));
    fixture.leftovers.addSnapshot(new Leftovers.Tagged(result, "gone", old, false));
    fixture.leftovers.addImage(new Leftovers.Tagged("ami-1", "gone", old, false));

    assertThat(removed()).containsExactly("SNAPSHOT " + pending);

    assertThat(fixture.pipeline.snapshots.ids()).containsExactly(result);
  }

  @Test
  void abandonedUploadsGoAndThoseOfActiveTasksStay() throws IOException {
    fixture.pipeline.objects.put("b", "uploads/1/disk.raw", new byte[] {1});
    fixture.pipeline.objects.put("b", "uploads/2/disk.raw", new byte[] {1});
    fixture.pipeline.start(
        Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", "s3://b/uploads/2/disk.raw"));
    fixture.leftovers.addFolder(new Leftovers.Folder("uploads/1/", old, 1));
    fixture.leftovers.addFolder(new Leftovers.Folder("uploads/2/", old, 1));
    fixture.leftovers.addFolder(new Leftovers.Folder("uploads/3/", young, 1));
    fixture.leftovers.addUpload(new Leftovers.Upload("uploads/4/x", "u", Optional.of(old)));
    fixture.leftovers.addUpload(new Leftovers.Upload("uploads/5/x", "u", Optional.empty()));

    assertThat(removed()).containsExactly("UPLOAD b/uploads/4/x#u", "OBJECT b/uploads/1/");

    assertThat(fixture.pipeline.objects.keys("b")).containsExactly("uploads/2/disk.raw");
  }

  @Test
  void whatCannotBeRemovedIsToldAndKeepsNothingFromBeingRemoved() throws IOException {
    String deleted = task();
    end(deleted, TaskStatus.DELETED);
    String first = addEverything(deleted, old);
    fixture
        .pipeline
        .snapshots
        .faults()
        .failNext("delete", new VmferryException(ErrorCode.SERVICE_ACCESS_DENIED, "denied"));

    JsonNode result = fixture.sweep();

    assertThat(result.path("failed")).hasSize(1);
    assertThat(result.path("failed").path(0).path("id").asText()).isEqualTo(first);
    assertThat(result.path("failed").path(0).path("why").asText()).contains("denied");
    assertThat(result.path("removed")).hasSize(3);
    assertThat(fixture.metrics.sum("OrphansFound")).isEqualTo(4);
    assertThat(fixture.metrics.sum("OrphansRemoved")).isEqualTo(3);
  }

  @Test
  void aRemovalThatStoppedHalfwayIsCompleted() throws IOException {
    String id = task();
    fixture.pipeline.tasks.update(
        id,
        t ->
            t.withError(new TaskError(ErrorCode.OVF_INVALID, "bad"))
                .advanced(TaskStatus.DELETING, "bad"));

    assertThat(fixture.sweep().path("ended")).isEmpty();
    fixture.clock.advance(Duration.ofHours(30));
    JsonNode result = fixture.sweep();

    assertThat(result.path("ended")).extracting(JsonNode::asText).containsExactly(id);
    assertThat(fixture.pipeline.tasks.find(id).orElseThrow().status())
        .isEqualTo(TaskStatus.DELETED);
  }

  private String task() throws IOException {
    return fixture.pipeline.start(
        Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", "s3://b/other/disk.raw"));
  }

  private void end(String id, TaskStatus status) {
    fixture.pipeline.tasks.update(id, t -> t.advanced(status, "ended"));
  }

  private String snapshot(String token) {
    return fixture.pipeline.snapshots.start(
        new SnapshotStore.Request(1, "", token, Optional.empty(), Optional.empty(), Map.of()));
  }

  /** One of each kind; returns the snapshot's id. */
  private String addEverything(String taskId, Instant at) {
    String snapshot = snapshot(taskId);
    String prefix = "tasks/" + taskId + "/";
    fixture.pipeline.objects.put(
        "work", prefix + "plan.json", "[]".getBytes(StandardCharsets.UTF_8));
    fixture.leftovers.addImage(new Leftovers.Tagged("ami-" + taskId, taskId, at, false));
    fixture.leftovers.addSnapshot(new Leftovers.Tagged(snapshot, taskId, at, true));
    fixture.leftovers.addFolder(new Leftovers.Folder(prefix, at, 1));
    fixture.leftovers.addUpload(
        new Leftovers.Upload(prefix + "sources/00", "upload", Optional.of(at)));
    return snapshot;
  }

  private List<String> removed() throws IOException {
    return StreamSupport.stream(fixture.sweep().path("removed").spliterator(), false)
        .map(item -> item.path("kind").asText() + " " + item.path("id").asText())
        .toList();
  }
}
