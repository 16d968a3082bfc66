package io.vmferry.functions.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.error.ErrorCode;
import io.vmferry.functions.port.ImageStore;
import io.vmferry.functions.port.SnapshotStore;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import java.io.IOException;
import java.util.Arrays;
import java.util.Objects;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Existing snapshots as the source of disks. */
class SnapshotSourceTest {
  private static final int BLOCK = SnapshotStore.BLOCK_SIZE;

  private final Pipeline pipeline = new Pipeline(1);

  /** A snapshot of blocks here and there, of which each listing shows two. */
  private String snapshot() throws IOException {
    byte[] disk = new byte[40 * BLOCK];
    new Random(5).nextBytes(disk);
    for (int zero : new int[] {0, 3, 4, 5, 17, 18, 30, 38, 39}) {
      Arrays.fill(disk, zero * BLOCK, (zero + 1) * BLOCK, (byte) 0);
    }
    pipeline.objects.put("b", "disk.raw", disk);
    String id =
        pipeline.start(Pipeline.request(TaskKind.IMPORT_SNAPSHOT, "raw", "s3://b/disk.raw"));
    return pipeline.run(id).disk(0).snapshotId().orElseThrow();
  }

  @Test
  void aSnapshotIsCopiedBlockByBlock() throws IOException {
    String source = snapshot();

    Task task =
        pipeline.run(
            pipeline.start(Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", location(source))));

    assertThat(task.status()).isEqualTo(TaskStatus.COMPLETED);
    String copy = task.disk(0).snapshotId().orElseThrow();
    assertThat(copy).isNotEqualTo(source);
    assertThat(pipeline.snapshots.blocks(copy).keySet())
        .isEqualTo(pipeline.snapshots.blocks(source).keySet());
    pipeline
        .snapshots
        .blocks(source)
        .forEach(
            (index, content) ->
                assertThat(pipeline.snapshots.blocks(copy).get(index))
                    .as("block %d", index)
                    .isEqualTo(content));
    assertThat(pipeline.snapshots.request(copy).volumeSizeGib())
        .isEqualTo(pipeline.snapshots.request(source).volumeSizeGib());
    ImageStore.Request image =
        Objects.requireNonNull(pipeline.images.images().get(task.imageId().orElseThrow()));
    assertThat(image.mappings()).extracting(ImageStore.Mapping::snapshotId).containsExactly(copy);
    // The given one is nobody's result but its owner's.
    assertThat(pipeline.snapshots.state(source)).isEqualTo(SnapshotStore.State.COMPLETED);
  }

  @Test
  void aSnapshotThatIsNotThereFailsTheTaskAndNothingIsLeft() throws IOException {
    String id =
        pipeline.start(
            Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", "snapshot:snap-0123456789abcdef0"));

    assertThatThrownBy(() -> pipeline.validateAndPlan(id))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(ErrorCode.SNAPSHOT_NOT_FOUND.name());
    assertThat(pipeline.snapshots.ids()).isEmpty();
  }

  @Test
  void whatIsNoSnapshotsIdIsRefusedAtOnce() {
    assertThatThrownBy(
            () ->
                pipeline.start(Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", "snapshot:snap-xyz")))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(ErrorCode.SOURCE_LOCATION_INVALID.name());
  }

  private static String location(String snapshotId) {
    return "snapshot:" + snapshotId;
  }
}
