package io.vmferry.functions.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.container.ContainerTask;
import io.vmferry.functions.port.SnapshotStore;
import io.vmferry.functions.service.Attempts;
import io.vmferry.functions.task.Progress;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import java.io.IOException;
import java.net.URI;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The container's work between the steps that functions do. */
class ContainerPipelineTest {
  private static final int BLOCK = SnapshotStore.BLOCK_SIZE;
  private static final int MIB = 1 << 20;
  private static final Attempts.Pause NONE = length -> {};

  private final Pipeline pipeline = new Pipeline(1);

  private static byte[] disk(int seed) {
    byte[] disk = new byte[4 * MIB];
    new Random(seed).nextBytes(disk);
    return disk;
  }

  /** A planned task of three disks, each of one chunk. */
  private String planned() throws IOException {
    for (int i = 0; i < 3; i++) {
      pipeline.objects.put("b", i + ".raw", disk(i));
    }
    String id =
        pipeline.start(
            Pipeline.request(
                TaskKind.IMPORT_IMAGE, "raw", "s3://b/0.raw", "s3://b/1.raw", "s3://b/2.raw"));
    pipeline.validateAndPlan(id);
    return id;
  }

  private int run(String command, String id) {
    return pipeline.container(NONE).run(List.of(command, id));
  }

  private Task task(String id) {
    return pipeline.tasks.find(id).orElseThrow();
  }

  private String snapshot(String id, int disk) {
    return task(id).disk(disk).snapshotId().orElseThrow();
  }

  private void assertHolds(String id, int disk, byte[] expected) {
    SortedMap<Integer, byte[]> blocks = pipeline.snapshots.blocks(snapshot(id, disk));
    assertThat(blocks).hasSize(expected.length / BLOCK);
    blocks.forEach(
        (index, block) ->
            assertThat(block)
                .isEqualTo(Arrays.copyOfRange(expected, index * BLOCK, (index + 1) * BLOCK)));
  }

  @Test
  void convertsEveryChunkOnceHoweverOftenItIsStarted() throws IOException {
    String id = planned();

    assertThat(run("convert", id)).isEqualTo(ContainerTask.DONE);
    assertThat(run("convert", id)).isEqualTo(ContainerTask.DONE);

    assertThat(pipeline.snapshots.puts(snapshot(id, 1))).isEqualTo(8);
    assertThat(pipeline.progress.total(id)).isEqualTo(new Progress(3 * 4 * MIB, 24, 3));
    assertThat(pipeline.finish(id).status()).isEqualTo(TaskStatus.COMPLETED);
    for (int i = 0; i < 3; i++) {
      assertHolds(id, i, disk(i));
    }
  }

  @Test
  void aChunkThatFailedForWantOfCapacityIsTriedAgain() throws IOException {
    String id = planned();
    for (int i = 0; i < 6; i++) {
      pipeline
          .snapshots
          .faults()
          .failNext("putBlock", new VmferryException(ErrorCode.SERVICE_THROTTLED, "slow down"));
    }

    assertThat(run("convert", id)).isEqualTo(ContainerTask.DONE);
    assertThat(task(id).error()).isEmpty();
    assertThat(pipeline.finish(id).status()).isEqualTo(TaskStatus.COMPLETED);
  }

  @Test
  void aFailureForGoodIsNotedWithItsCodeBeforeTheContainerEnds() throws IOException {
    String id = planned();
    pipeline.objects.put("b", "1.raw", disk(9));

    assertThat(run("convert", id)).isEqualTo(ContainerTask.FAILED);
    assertThat(task(id).error().orElseThrow().code()).isEqualTo(ErrorCode.SOURCE_CHANGED);
    // All that the state machine has to say comes second.
    Task failed = pipeline.fail(id, "States.TaskFailed", FailureTest.ecs(1));
    assertThat(failed.error().orElseThrow().code()).isEqualTo(ErrorCode.SOURCE_CHANGED);
    assertThat(pipeline.leftOver()).isEmpty();
  }

  @Test
  void aTaskThatWasCancelledIsNotWorkedForAndKeepsItsReason() throws IOException {
    String id = planned();
    pipeline.fail(id, "TaskCancelled", "cancelled by its owner");

    assertThat(run("convert", id)).isEqualTo(ContainerTask.FAILED);
    assertThat(task(id).error().orElseThrow().code()).isEqualTo(ErrorCode.TASK_CANCELLED);
  }

  @Test
  void aStopEndsTheWorkAndNotesNothing() throws Exception {
    String id = planned();
    pipeline
        .snapshots
        .faults()
        .failNext("putBlock", new VmferryException(ErrorCode.SERVICE_THROTTLED, "slow down"));
    CountDownLatch waiting = new CountDownLatch(1);
    ContainerTask run =
        pipeline.container(
            length -> {
              waiting.countDown();
              Thread.sleep(TimeUnit.MINUTES.toMillis(5));
            });
    FutureTask<Integer> code = new FutureTask<>(() -> run.run(List.of("convert", id)));
    Thread.ofVirtual().start(code);
    waiting.await();

    assertThat(run.stop(30, TimeUnit.SECONDS)).isTrue();

    assertThat(code.get()).isEqualTo(ContainerTask.STOPPED);
    assertThat(task(id).error()).isEmpty();
    assertThat(run("convert", id)).as("the next run").isEqualTo(ContainerTask.DONE);
    assertThat(pipeline.finish(id).status()).isEqualTo(TaskStatus.COMPLETED);
  }

  @Test
  void downloadsAFileThatIsServedAsAWholeOnly() throws IOException {
    URI url = URI.create("https://example.org/disk.raw?signature=secret");
    pipeline.remote.serveWhole(url, disk(5));
    pipeline
        .remote
        .faults()
        .failNext("read", new VmferryException(ErrorCode.SOURCE_UNREACHABLE, "reset"));
    String id = pipeline.start(Pipeline.request(TaskKind.IMPORT_SNAPSHOT, "raw", url.toString()));
    pipeline.validate(id);

    assertThat(run("download", id)).isEqualTo(ContainerTask.DONE);
    pipeline.plan(id);
    assertThat(run("convert", id)).isEqualTo(ContainerTask.DONE);
    assertThat(pipeline.finish(id).status()).isEqualTo(TaskStatus.COMPLETED);
    assertHolds(id, 0, disk(5));
  }

  @Test
  void saysThatACommandIsWrong() {
    assertThat(pipeline.container(NONE).run(List.of("export", "import-ami-1")))
        .isEqualTo(ContainerTask.USAGE);
    assertThat(pipeline.container(NONE).run(List.of())).isEqualTo(ContainerTask.USAGE);
  }
}
