package io.vmferry.local.stack;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.error.ErrorCode;
import io.vmferry.functions.aws.EbsSnapshotReader;
import io.vmferry.functions.aws.HttpsRemoteFiles;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.port.SnapshotReader;
import io.vmferry.functions.port.SnapshotStore;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import io.vmferry.local.EmbeddedAws;
import io.vmferry.local.edge.FaultInjector;
import io.vmferry.local.edge.FaultInjector.Fault;
import io.vmferry.local.edge.FaultInjector.Rule;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedStackTest {
  private static final int BLOCK = SnapshotStore.BLOCK_SIZE;

  @TempDir private Path directory;

  @Test
  void importsARawDiskThroughTheRealStateMachineAndHandlers() {
    byte[] disk = new byte[5 * BLOCK + 512];
    new Random(1).nextBytes(disk);
    Arrays.fill(disk, BLOCK, 3 * BLOCK, (byte) 0);
    try (EmbeddedAws aws = EmbeddedAws.start(EmbeddedAws.Options.of(directory));
        EmbeddedStack stack =
            EmbeddedStack.deploy(
                aws,
                directory.resolve("stepfunctions"),
                EmbeddedStack.Options.defaults(new HttpsRemoteFiles()))) {
      stack.ports().objects().put(EmbeddedStack.IMAGES_BUCKET, "disk.raw", disk);

      String id = stack.startImport(request("s3://" + EmbeddedStack.IMAGES_BUCKET + "/disk.raw"));
      assertThat(stack.awaitExecution(id, Duration.ofMinutes(2))).isTrue();

      Task task = stack.ports().tasks().find(id).orElseThrow();
      assertThat(task.status()).as(Json.write(task)).isEqualTo(TaskStatus.COMPLETED);
      assertThat(task.imageId()).isPresent();
      assertThat(read(stack, task.disk(0).snapshotId().orElseThrow(), disk.length)).isEqualTo(disk);
      assertThat(stack.ports().effects().list(id)).isEmpty();
    }
  }

  @Test
  void aCancelThroughThePortEndsARunningTaskAndLeavesNothing() {
    byte[] disk = new byte[5 * BLOCK];
    new Random(1).nextBytes(disk);
    FaultInjector faults = new FaultInjector(1);
    // The conversion has begun, and does not end.
    faults.add(Rule.of("ebs", "PutSnapshotBlock", Fault.THROTTLE, 1));
    try (EmbeddedAws aws = EmbeddedAws.start(EmbeddedAws.Options.of(directory).withFaults(faults));
        EmbeddedStack stack =
            EmbeddedStack.deploy(
                aws,
                directory.resolve("stepfunctions"),
                EmbeddedStack.Options.defaults(new HttpsRemoteFiles()))) {
      String key = EmbeddedStack.UPLOADS + "1/disk.raw";
      stack.ports().objects().put(EmbeddedStack.IMAGES_BUCKET, key, disk);
      String id = stack.startImport(request("s3://" + EmbeddedStack.IMAGES_BUCKET + "/" + key));
      await(() -> faults.injected(Fault.THROTTLE) > 0);
      assertThat(aws.snapshots().all()).hasSize(1);

      assertThat(stack.ports().workflow().stop(id, "not wanted")).isTrue();

      assertThat(stack.awaitExecution(id, Duration.ofMinutes(2))).isTrue();
      await(() -> stack.ports().tasks().find(id).orElseThrow().status().isFinal());
      Task task = stack.ports().tasks().find(id).orElseThrow();
      assertThat(task.status()).isEqualTo(TaskStatus.DELETED);
      assertThat(task.error().orElseThrow().code()).isEqualTo(ErrorCode.TASK_CANCELLED);
      assertThat(aws.snapshots().all()).isEmpty();
      for (String bucket : List.of(EmbeddedStack.IMAGES_BUCKET, EmbeddedStack.WORK_BUCKET)) {
        assertThat(stack.clients().s3().listObjectsV2(list -> list.bucket(bucket)).contents())
            .isEmpty();
      }
      assertThat(stack.ports().effects().list(id)).isEmpty();
    }
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("waited too long").isLessThan(deadline);
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
    }
  }

  private static byte[] read(EmbeddedStack stack, String snapshotId, int length) {
    SnapshotReader reader = new EbsSnapshotReader(stack.clients().ebs());
    List<SnapshotReader.Block> blocks = new ArrayList<>();
    reader.list(snapshotId, blocks::add);
    assertThat(blocks).extracting(SnapshotReader.Block::index).containsExactly(0, 3, 4, 5);
    byte[] content = new byte[6 * BLOCK];
    for (SnapshotReader.Block block : blocks) {
      reader.read(snapshotId, block, ByteBuffer.wrap(content, block.index() * BLOCK, BLOCK));
    }
    return Arrays.copyOf(content, length);
  }

  private static ImportRequest request(String url) {
    return new ImportRequest(
        TaskKind.IMPORT_IMAGE,
        List.of(new DiskContainer(url, Optional.of("raw"), Optional.empty(), Optional.empty())),
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
}
