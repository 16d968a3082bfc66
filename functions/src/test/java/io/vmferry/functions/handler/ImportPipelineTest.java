package io.vmferry.functions.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.ImageStore;
import io.vmferry.functions.port.SnapshotStore;
import io.vmferry.functions.port.Workflow;
import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Progress;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import java.io.IOException;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class ImportPipelineTest {
  private static final int BLOCK = SnapshotStore.BLOCK_SIZE;
  private static final int MIB = 1 << 20;

  private final Pipeline pipeline = new Pipeline(1);

  @Test
  void makesASnapshotWithExactlyTheDisksBlocks() throws IOException {
    byte[] disk = disk(1, 5 * MIB + 512);
    Arrays.fill(disk, 2 * BLOCK, 4 * BLOCK, (byte) 0);
    pipeline.objects.put("b", "disk.raw", disk);

    Task task = run(Pipeline.request(TaskKind.IMPORT_SNAPSHOT, "raw", "s3://b/disk.raw"));

    assertThat(task.status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(task.imageId()).isEmpty();
    assertHolds(task.disks().getFirst(), disk);
    assertThat(pipeline.snapshots.blocks(task.disks().getFirst().snapshotId().orElseThrow()))
        .doesNotContainKeys(2, 3);
    assertThat(pipeline.objects.keys(Pipeline.WORK)).isEmpty();
    assertThat(pipeline.effects.list(task.id())).isEmpty();
    assertThat(pipeline.images.images()).isEmpty();
  }

  @Test
  void makesOneImageOfSeveralContainers() throws IOException {
    byte[] first = disk(1, MIB);
    byte[] second = disk(2, 3 * MIB);
    pipeline.objects.put("b", "1.raw", first);
    pipeline.objects.put("b", "2.raw", second);

    Task task = run(Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", "s3://b/1.raw", "s3://b/2.raw"));

    assertHolds(task.disks().get(0), first);
    assertHolds(task.disks().get(1), second);
    ImageStore.Request image =
        Objects.requireNonNull(pipeline.images.images().get(task.imageId().orElseThrow()));
    assertThat(image.mappings())
        .containsExactly(
            new ImageStore.Mapping("/dev/sda1", task.disks().get(0).snapshotId().orElseThrow()),
            new ImageStore.Mapping("/dev/sdb", task.disks().get(1).snapshotId().orElseThrow()));
    assertThat(image.architecture()).isEqualTo("x86_64");
  }

  @Test
  void everyStepMayRunAgainAfterItHasEnded() throws IOException {
    Pipeline twice = new Pipeline(2);
    byte[] disk = disk(1, 3 * MIB);
    twice.objects.put("b", "disk.raw", disk);
    String id = twice.start(Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", "s3://b/disk.raw"));

    twice.validateAndPlan(id);
    twice.convert(id);
    Disk planned = twice.tasks.find(id).orElseThrow().disk(0);
    assertThat(twice.progress.total(id))
        .isEqualTo(new Progress(planned.plannedBytes(), 6, planned.chunks()));
    Task task = twice.finish(id);

    assertThat(task.status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(twice.images.images()).hasSize(1);
    assertThat(twice.snapshots.ids()).hasSize(1);
    assertThat(twice.objects.keys(Pipeline.WORK)).isEmpty();
  }

  @Test
  void copiesAFileFromAServerInRangesAndImportsTheCopy() throws IOException {
    byte[] disk = disk(4, 70 * MIB);
    URI url = URI.create("https://example.org/images/disk.raw?signature=secret");
    pipeline.remote.serve(url, disk);

    String id = pipeline.start(Pipeline.request(TaskKind.IMPORT_SNAPSHOT, "raw", url.toString()));
    Task task = pipeline.run(id);

    assertHolds(task.disks().getFirst(), disk);
    assertThat(pipeline.leftOver())
        .containsExactly(task.disks().getFirst().snapshotId().orElseThrow());
  }

  @Test
  void copiesAFileFromAServerThatTakesNoRanges() throws IOException {
    byte[] disk = disk(5, 70 * MIB);
    URI url = URI.create("https://example.org/disk.raw");
    pipeline.remote.serveWhole(url, disk);

    Task task = run(Pipeline.request(TaskKind.IMPORT_SNAPSHOT, "raw", url.toString()));

    assertHolds(task.disks().getFirst(), disk);
  }

  @Test
  void refusesAnImageOfAnotherFormatThanDeclaredAndLeavesNothing() throws IOException {
    pipeline.objects.put("b", "disk", disk(1, MIB));
    String id = pipeline.start(Pipeline.request(TaskKind.IMPORT_IMAGE, "vmdk", "s3://b/disk"));

    Task task = assertFails(id, ErrorCode.IMAGE_FORMAT_MISMATCH, () -> pipeline.run(id));

    assertThat(task.statusMessage()).contains("declared as vmdk");
    assertThat(pipeline.leftOver()).isEmpty();
  }

  @Test
  void refusesAnImageOfUnknownFormatWithTheGuidesText() throws IOException {
    pipeline.objects.put("b", "disk", disk(1, MIB));
    String id = pipeline.start(Pipeline.request(TaskKind.IMPORT_IMAGE, null, "s3://b/disk"));

    Task task = assertFails(id, ErrorCode.IMAGE_FORMAT_UNKNOWN, () -> pipeline.run(id));

    assertThat(task.statusMessage())
        .startsWith("InvalidParameter: Parameter disk-image-size=0 has an invalid format");
  }

  @Test
  void noticesThatTheSourceChangedAndRemovesTheSnapshot() throws IOException {
    pipeline.objects.put("b", "disk.raw", disk(1, 2 * MIB));
    String id = pipeline.start(Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", "s3://b/disk.raw"));
    pipeline.validateAndPlan(id);
    assertThat(pipeline.snapshots.ids()).hasSize(1);
    pipeline.objects.put("b", "disk.raw", disk(2, 2 * MIB));

    assertFails(id, ErrorCode.SOURCE_CHANGED, () -> pipeline.convert(id));

    assertThat(pipeline.leftOver()).isEmpty();
    assertThat(pipeline.effects.list(id)).isEmpty();
  }

  @Test
  void throttlingIsAFailureThatTheStateMachineRetries() throws IOException {
    pipeline.objects.put("b", "disk.raw", disk(1, 2 * MIB));
    String id = pipeline.start(Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", "s3://b/disk.raw"));
    pipeline.validateAndPlan(id);
    pipeline
        .snapshots
        .faults()
        .failNext("putBlock", new VmferryException(ErrorCode.SERVICE_THROTTLED, "too fast"));

    assertThatThrownBy(() -> pipeline.convert(id)).isInstanceOf(CapacityException.class);

    pipeline.convert(id);
    assertThat(pipeline.finish(id).status()).isEqualTo(TaskStatus.COMPLETED);
  }

  @Test
  void removesSnapshotsThatWereMadeButNotNoted() throws IOException {
    pipeline.objects.put("b", "disk.raw", disk(1, MIB));
    String id = pipeline.start(Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", "s3://b/disk.raw"));
    pipeline
        .effects
        .faults()
        .failNext("record", new VmferryException(ErrorCode.SERVICE_UNAVAILABLE, "gone"));

    assertFails(id, ErrorCode.SERVICE_UNAVAILABLE, () -> pipeline.run(id));

    assertThat(pipeline.leftOver()).isEmpty();
  }

  @Test
  void aFailedMapsItemLeavesItsReasonThoughTheMapHidesIt() throws IOException {
    pipeline.objects.put("b", "disk.raw", disk(1, MIB));
    String id = pipeline.start(Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", "s3://b/disk.raw"));
    pipeline.validateAndPlan(id);

    pipeline.note(
        id,
        "io.vmferry.functions.handler.UserException",
        "{\"errorMessage\":\"VMDK_GRAIN_INVALID: a grain is damaged\"}");
    Task task = pipeline.fail(id, "States.ExceedToleratedFailureThreshold", "the map failed");

    assertThat(task.status()).isEqualTo(TaskStatus.DELETED);
    assertThat(task.error().orElseThrow().code()).isEqualTo(ErrorCode.VMDK_GRAIN_INVALID);
    assertThat(task.statusMessage()).isEqualTo("a grain is damaged");
    assertThat(pipeline.leftOver()).isEmpty();
  }

  @Test
  void workersStopOnceTheTaskIsBeingRemoved() throws IOException {
    pipeline.objects.put("b", "disk.raw", disk(1, MIB));
    String id = pipeline.start(Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", "s3://b/disk.raw"));
    pipeline.validateAndPlan(id);
    pipeline.tasks.update(id, t -> t.advanced(TaskStatus.DELETING, "cancelled"));

    assertThatThrownBy(() -> pipeline.convert(id))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("TASK_STATE_CONFLICT");
  }

  @Test
  void cleaningACompletedTaskLeavesItsResults() throws IOException {
    pipeline.objects.put("b", "disk.raw", disk(1, MIB));
    Task task = run(Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", "s3://b/disk.raw"));

    Task after = pipeline.fail(task.id(), "States.Timeout", "");

    assertThat(after.status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(pipeline.leftOver()).hasSize(2);
  }

  @Test
  void waitsForSnapshotsAndRefusesAFailedOne() throws IOException {
    pipeline.objects.put("b", "disk.raw", disk(1, MIB));
    pipeline.snapshots.completeAfter(3);
    Task waited = run(Pipeline.request(TaskKind.IMPORT_SNAPSHOT, "raw", "s3://b/disk.raw"));
    assertThat(waited.status()).isEqualTo(TaskStatus.COMPLETED);

    String id =
        pipeline.start(Pipeline.request(TaskKind.IMPORT_SNAPSHOT, "raw", "s3://b/disk.raw"));
    pipeline.validateAndPlan(id);
    pipeline.convert(id);
    pipeline.snapshots.fail(
        pipeline.tasks.find(id).orElseThrow().disk(0).snapshotId().orElseThrow());
    assertFails(id, ErrorCode.SNAPSHOT_FAILED, () -> pipeline.finish(id));
  }

  @Test
  void oneClientTokenStartsOneTask() throws IOException {
    pipeline.objects.put("b", "disk.raw", disk(1, MIB));
    ImportRequest request =
        withToken(Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", "s3://b/disk.raw"), "token");
    assertThat(pipeline.start(request)).isEqualTo(pipeline.start(request));
    assertThatThrownBy(
            () ->
                pipeline.start(
                    withToken(Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", "s3://b/x"), "token")))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("CLIENT_TOKEN_CONFLICT");
  }

  @Test
  void aTaskThatWasCancelledSaysSoAndLeavesNothing() throws IOException {
    pipeline.objects.put("b", "disk.raw", disk(1, MIB));
    String id = pipeline.start(Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", "s3://b/disk.raw"));
    pipeline.validateAndPlan(id);

    Task task = pipeline.fail(id, Workflow.CANCELLED, "cancelled by the user");

    assertThat(task.status()).isEqualTo(TaskStatus.DELETED);
    assertThat(task.error().orElseThrow().code()).isEqualTo(ErrorCode.TASK_CANCELLED);
    assertThat(pipeline.leftOver()).isEmpty();
  }

  @Test
  void refusesMoreActiveTasksThanAreAllowedUntilOneEnds() throws IOException {
    pipeline.objects.put("b", "disk.raw", disk(1, MIB));
    ImportRequest request = Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", "s3://b/disk.raw");
    String repeated = pipeline.start(withToken(request, "token"));
    for (int i = 1; i < Pipeline.MOST_ACTIVE; i++) {
      pipeline.start(request);
    }

    assertThatThrownBy(() -> pipeline.start(request))
        .isInstanceOf(CapacityException.class)
        .hasMessageStartingWith("TASK_LIMIT_EXCEEDED: 3 import-ami tasks are active");
    assertThatThrownBy(() -> pipeline.start(withToken(request, "new")))
        .isInstanceOf(CapacityException.class);
    assertThat(pipeline.workflow.started()).hasSize(Pipeline.MOST_ACTIVE);

    assertThat(pipeline.start(withToken(request, "token"))).isEqualTo(repeated);
    assertThat(pipeline.run(repeated).status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(pipeline.start(request)).isNotEqualTo(repeated);
    assertThat(pipeline.start(Pipeline.request(TaskKind.IMPORT_SNAPSHOT, "raw", "s3://b/disk.raw")))
        .startsWith("import-snap-");
  }

  @Test
  void aSourceInTheUploadAreaGoesWithItsTaskAndNoOther() throws IOException {
    for (String key : List.of("uploads/1/disk.raw", "uploads/1/x", "uploads/2/x", "uploads/x")) {
      pipeline.objects.put("b", key, disk(1, MIB));
    }

    Task done = run(Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", "s3://b/uploads/1/disk.raw"));

    assertThat(done.status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(pipeline.objects.keys("b")).containsExactlyInAnyOrder("uploads/2/x", "uploads/x");
    assertThat(pipeline.effects.list(done.id())).isEmpty();

    String id =
        pipeline.start(Pipeline.request(TaskKind.IMPORT_IMAGE, "vhd", "s3://b/uploads/2/x"));
    assertFails(id, ErrorCode.IMAGE_FORMAT_MISMATCH, () -> pipeline.run(id));
    assertThat(pipeline.objects.keys("b")).containsExactly("uploads/x");

    run(Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", "s3://b/uploads/x"));
    assertThat(pipeline.objects.keys("b")).containsExactly("uploads/x");
  }

  @Test
  void refusesADeviceThatTwoContainersAreToBecome() {
    assertThatThrownBy(() -> pipeline.start(withDevices("", "/dev/sdf", "", "/dev/sdf")))
        .hasMessageStartingWith(
            "PARAMETER_INVALID: the disk containers 2 and 4 are both to become the device"
                + " /dev/sdf");
    assertThatThrownBy(() -> pipeline.start(withDevices("", "/dev/sda1")))
        .hasMessageContaining("containers 1 and 2 are both to become the device /dev/sda1");
    assertThat(pipeline.workflow.started()).isEmpty();
  }

  @Test
  void givesEachDiskTheDeviceAskedForAndTheOthersTheNextFreeOnes() throws IOException {
    pipeline.objects.put("b", "disk.raw", disk(1, MIB));

    Task task = run(withDevices("/dev/xvda", "", "/dev/sdb", "/dev/sda1", ""));

    assertThat(task.disks())
        .extracting(disk -> disk.deviceName().orElseThrow())
        .containsExactly("/dev/xvda", "/dev/sdc", "/dev/sdb", "/dev/sda1", "/dev/sdd");
  }

  private static ImportRequest withDevices(String... devices) {
    return new ImportRequest(
        TaskKind.IMPORT_IMAGE,
        Stream.of(devices)
            .map(
                device ->
                    new DiskContainer(
                        "s3://b/disk.raw",
                        Optional.of("raw"),
                        Optional.empty(),
                        Optional.of(device).filter(name -> !name.isEmpty())))
            .toList(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Map.of(),
        GuestOptions.AS_IT_IS);
  }

  @Test
  void refusesRequestsThatCannotBeRight() {
    assertRefused(ErrorCode.PARAMETER_INVALID, Pipeline.request(TaskKind.IMPORT_IMAGE, null));
    assertRefused(
        ErrorCode.PARAMETER_INVALID,
        Pipeline.request(TaskKind.IMPORT_SNAPSHOT, null, "s3://b/1", "s3://b/2"));
    assertRefused(
        ErrorCode.SOURCE_LOCATION_INVALID, Pipeline.request(TaskKind.IMPORT_IMAGE, null, "s3://b"));
    assertRefused(
        ErrorCode.SOURCE_LOCATION_INVALID,
        Pipeline.request(TaskKind.IMPORT_IMAGE, null, "ftp://host/disk"));
    assertRefused(
        ErrorCode.IMAGE_FORMAT_UNKNOWN,
        Pipeline.request(TaskKind.IMPORT_IMAGE, "floppy", "s3://b/1"));
  }

  private void assertRefused(ErrorCode code, ImportRequest request) {
    assertThatThrownBy(() -> pipeline.start(request))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(code.name() + ": ");
    assertThat(pipeline.workflow.started()).isEmpty();
  }

  private Task assertFails(String id, ErrorCode code, ThrowingCallable steps) throws IOException {
    StepException[] failure = new StepException[1];
    assertThatThrownBy(steps)
        .isInstanceOfSatisfying(StepException.class, e -> failure[0] = e)
        .hasMessageStartingWith(code.name() + ": ");
    Task task = pipeline.fail(id, failure[0]);
    assertThat(task.status()).isEqualTo(TaskStatus.DELETED);
    assertThat(task.error().orElseThrow().code()).isEqualTo(code);
    return task;
  }

  private Task run(ImportRequest request) throws IOException {
    String id = pipeline.start(request);
    assertThat(pipeline.workflow.started()).contains(id);
    return pipeline.run(id);
  }

  private void assertHolds(Disk disk, byte[] expected) {
    SortedMap<Integer, byte[]> blocks = pipeline.snapshots.blocks(disk.snapshotId().orElseThrow());
    byte[] actual = new byte[Math.ceilDiv(expected.length, BLOCK) * BLOCK];
    blocks.forEach((index, block) -> System.arraycopy(block, 0, actual, index * BLOCK, BLOCK));
    assertThat(Arrays.equals(actual, Arrays.copyOf(expected, actual.length)))
        .as("content of the snapshot")
        .isTrue();
    assertThat(blocks.values()).noneMatch(block -> Arrays.equals(block, new byte[BLOCK]));
  }

  private static byte[] disk(long seed, int size) {
    byte[] disk = new byte[size];
    new Random(seed).nextBytes(disk);
    return disk;
  }

  static ImportRequest withToken(ImportRequest request, String token) {
    return new ImportRequest(
        request.kind(),
        request.containers(),
        request.name(),
        request.description(),
        request.architecture(),
        request.bootMode(),
        request.encrypted(),
        request.kmsKeyId(),
        Optional.of(token),
        request.tags(),
        request.guest());
  }
}
