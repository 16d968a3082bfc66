package io.vmferry.functions.service;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.convert.BlockDigests;
import io.vmferry.disk.convert.ChunkConverter;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.ObjectStore;
import io.vmferry.functions.port.ProgressStore;
import io.vmferry.functions.port.SnapshotStore;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.Effect;
import io.vmferry.functions.task.Progress;
import io.vmferry.functions.task.Task;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.locks.ReentrantLock;

/** Writes one chunk of a disk into its snapshot. */
public final class ConvertChunk {
  /** How often progress is noted, and the task looked at for a cancellation. */
  private static final Duration REPORT_EVERY = Duration.ofSeconds(2);

  private final TaskStore tasks;
  private final ProgressStore progress;
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
   * @param reading how the disks' sources are read
   * @param workers blocks in hand at once; each takes 512 KiB
   */
  public ConvertChunk(
      TaskStore tasks,
      ProgressStore progress,
      ObjectStore objects,
      SnapshotStore snapshots,
      WorkFiles files,
      Clock clock,
      Reading reading,
      int workers,
      Removal removal) {
    this.guard = new StepGuard(tasks, removal);
    this.tasks = tasks;
    this.progress = progress;
    this.objects = objects;
    this.snapshots = snapshots;
    this.files = files;
    this.sources = new Sources(objects, reading);
    this.clock = clock;
    this.workers = workers;
  }

  /**
   * Writes a chunk. A chunk that was written before is left alone; one that was begun before is
   * written again from its start, block for block the same.
   *
   * @throws VmferryException if the image is damaged, the source has changed, the task has ended,
   *     or a service fails
   * @throws IOException if the source cannot be read
   */
  public void convert(Chunk chunk) throws IOException {
    Task task = Running.find(tasks, chunk.taskId());
    guard.clearedUp(
        chunk.taskId(),
        () -> {
          convert(task, chunk);
          return chunk;
        },
        Effect.Kind.OBJECT);
  }

  private void convert(Task task, Chunk chunk) throws IOException {
    Disk disk = task.disk(chunk.disk());
    String digestsKey = files.digests(chunk.taskId(), chunk.disk(), chunk.chunk());
    if (!isDone(digestsKey)) {
      String snapshotId = disk.snapshotId().orElseThrow();
      BlockDigests digests;
      try (DiskImage image = sources.open(disk)) {
        digests =
            ChunkConverter.convert(
                image,
                chunk.range(),
                (index, block, sha256) -> snapshots.putBlock(snapshotId, index, block, sha256),
                workers,
                new Reporter(task, chunk));
      }
      // The blocks of a worker that was overtaken by a retry are right, but not its business.
      Running.check(tasks, task);
      objects.put(files.bucket(), digestsKey, digests.toBytes());
      progress.report(
          chunk.taskId(),
          chunk.progressKey(),
          new Progress(chunk.range().bytes(), digests.size(), 1));
    }
  }

  private boolean isDone(String digestsKey) {
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

  /** Notes progress now and then, by whichever worker comes first. */
  private final class Reporter implements ChunkConverter.Listener {
    private final Task task;
    private final Chunk chunk;
    private final ReentrantLock lock = new ReentrantLock();
    private volatile Instant next = clock.instant().plus(REPORT_EVERY);

    Reporter(Task task, Chunk chunk) {
      this.task = task;
      this.chunk = chunk;
    }

    @Override
    public void advanced(long doneBytes, long writtenBlocks) {
      if (clock.instant().isBefore(next) || !lock.tryLock()) {
        return;
      }
      try {
        next = clock.instant().plus(REPORT_EVERY);
        Running.check(tasks, task);
        progress.report(
            chunk.taskId(), chunk.progressKey(), new Progress(doneBytes, writtenBlocks, 0));
      } finally {
        lock.unlock();
      }
    }
  }
}
