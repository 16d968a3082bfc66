package io.vmferry.functions.service;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.convert.BlockDigests;
import io.vmferry.disk.convert.BlockRange;
import io.vmferry.disk.convert.ChunkConverter;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.ObjectStore;
import io.vmferry.functions.port.SnapshotStore;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.task.ContentFile;
import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.Effect;
import io.vmferry.functions.task.ObjectVersion;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskStatus;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Writes what {@link ModifyOs} changed over the snapshots, once all their chunks are converted: the
 * changes of a disk are one more disk image, of which only the changed blocks are stored. A block
 * of a pending snapshot may be written again, so doing it twice does no harm.
 */
public final class ApplyChanges {
  /** How often the task is looked at for a cancellation. */
  private static final Duration LOOK_EVERY = Duration.ofSeconds(2);

  private final TaskStore tasks;
  private final ObjectStore objects;
  private final SnapshotStore snapshots;
  private final WorkFiles files;
  private final Sources sources;
  private final Clock clock;
  private final int workers;
  private final StepGuard guard;

  /**
   * A service on these ports.
   *
   * @param reading how the changes are read
   * @param workers blocks in hand at once; each takes 512 KiB
   */
  public ApplyChanges(
      TaskStore tasks,
      ObjectStore objects,
      SnapshotStore snapshots,
      WorkFiles files,
      Clock clock,
      Reading reading,
      int workers,
      Removal removal) {
    this.guard = new StepGuard(tasks, removal);
    this.tasks = tasks;
    this.objects = objects;
    this.snapshots = snapshots;
    this.files = files;
    this.sources = new Sources(objects, reading);
    this.clock = clock;
    this.workers = workers;
  }

  /**
   * Writes the changes of all disks of a task.
   *
   * @throws VmferryException if the task has ended, or a service fails
   * @throws IOException if the changes cannot be read
   */
  public void apply(String taskId) throws IOException {
    Running.find(tasks, taskId);
    guard.clearedUp(
        taskId,
        () -> {
          applyAll(taskId);
          return taskId;
        },
        Effect.Kind.OBJECT);
  }

  private void applyAll(String taskId) throws IOException {
    GuestResult result =
        GuestResult.find(objects, files, taskId)
            .orElseThrow(
                () ->
                    new VmferryException(
                        ErrorCode.INTERNAL,
                        "task %s has nothing stored of its guest".formatted(taskId)));
    Task task =
        tasks.update(taskId, t -> t.reached(TaskStatus.CONVERTING, "writing the guest's changes"));
    for (Disk disk : task.disks()) {
      if (isWritten(files.overlayDigests(taskId, disk.index()))) {
        // By an earlier attempt, whose snapshot may be completed by now.
        continue;
      }
      BlockDigests written =
          result.changedDisks().contains(disk.index())
              ? write(task, disk)
              : new BlockDigests(List.of());
      objects.put(files.bucket(), files.overlayDigests(taskId, disk.index()), written.toBytes());
    }
  }

  private boolean isWritten(String digestsKey) {
    try {
      objects.head(files.bucket(), digestsKey);
      return true;
    } catch (VmferryException e) {
      if (e.code() == ErrorCode.SOURCE_NOT_FOUND) {
        return false;
      }
      throw e;
    }
  }

  private BlockDigests write(Task task, Disk disk) throws IOException {
    String snapshotId = disk.snapshotId().orElseThrow();
    ObjectVersion overlay = sources.look(files.bucket(), files.overlay(task.id(), disk.index()));
    List<ContentFile> content =
        List.of(new ContentFile("changes of disk " + disk.index(), overlay, 0, overlay.size()));
    AtomicReference<Instant> nextLook = new AtomicReference<>(clock.instant().plus(LOOK_EVERY));
    try (DiskImage changes = sources.open(disk.withContent(DiskFormat.VMDK, content))) {
      int blocks = Math.toIntExact(Math.ceilDiv(changes.virtualSize(), BlockRange.BLOCK_SIZE));
      return ChunkConverter.convert(
          changes,
          new BlockRange(0, blocks),
          (index, block, sha256) -> snapshots.putBlock(snapshotId, index, block, sha256),
          workers,
          (doneBytes, writtenBlocks) -> {
            Instant look = nextLook.get();
            if (clock.instant().isAfter(look)
                && nextLook.compareAndSet(look, clock.instant().plus(LOOK_EVERY))) {
              Running.check(tasks, task);
            }
          },
          // What is zeros now was something else when its chunk was converted.
          ChunkConverter.ZeroBlocks.WRITE);
    }
  }
}
