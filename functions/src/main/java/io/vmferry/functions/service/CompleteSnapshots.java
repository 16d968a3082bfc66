package io.vmferry.functions.service;

import io.vmferry.disk.convert.BlockDigests;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.ObjectStore;
import io.vmferry.functions.port.SnapshotStore;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskStatus;
import java.io.IOException;
import java.io.InputStream;

/**
 * Ends the writing of a task's snapshots: tells EBS how many blocks there are and the digest over
 * all of them, gathered from the chunks' results, so that a block lost on the way cannot go
 * unnoticed.
 */
public final class CompleteSnapshots {
  private final TaskStore tasks;
  private final ObjectStore objects;
  private final SnapshotStore snapshots;
  private final WorkFiles files;

  /** A service on these ports. */
  public CompleteSnapshots(
      TaskStore tasks, ObjectStore objects, SnapshotStore snapshots, WorkFiles files) {
    this.tasks = tasks;
    this.objects = objects;
    this.snapshots = snapshots;
    this.files = files;
  }

  /**
   * What the state machine decides by.
   *
   * @param taskId the task
   * @param ready whether every snapshot is completed
   */
  public record Result(String taskId, boolean ready) {}

  /**
   * Completes all snapshots of a task; completing them again does no harm.
   *
   * @throws VmferryException if EBS does not accept what was written
   * @throws IOException if the chunks' results cannot be read
   */
  public Result complete(String taskId) throws IOException {
    Task task = tasks.update(taskId, t -> t.reached(TaskStatus.UPDATING, "completing snapshots"));
    for (Disk disk : task.disks()) {
      String snapshotId = disk.snapshotId().orElseThrow();
      if (snapshots.state(snapshotId) == SnapshotStore.State.PENDING) {
        SnapshotDigest digest = digest(task, disk);
        snapshots.complete(snapshotId, digest.blocks(), digest.checksum());
      }
    }
    return check(taskId);
  }

  /** The digest over the blocks of a disk's chunks with the guest's changed blocks over them. */
  private SnapshotDigest digest(Task task, Disk disk) throws IOException {
    SnapshotDigest digest = new SnapshotDigest();
    if (task.request().opensGuest()) {
      String key = files.overlayDigests(task.id(), disk.index());
      try (InputStream stored = objects.read(files.bucket(), key)) {
        BlockDigests.read(stored, digest::putOver);
      }
    }
    for (int chunk = 0; chunk < disk.chunks(); chunk++) {
      String key = files.digests(task.id(), disk.index(), chunk);
      try (InputStream stored = objects.read(files.bucket(), key)) {
        BlockDigests.read(stored, digest::add);
      }
    }
    digest.finish();
    return digest;
  }

  /**
   * Looks whether all snapshots of a task are completed.
   *
   * @throws VmferryException {@link ErrorCode#SNAPSHOT_FAILED} if one has failed
   */
  public Result check(String taskId) {
    Task task = Running.find(tasks, taskId);
    boolean ready = true;
    for (Disk disk : task.disks()) {
      String snapshotId = disk.snapshotId().orElseThrow();
      switch (snapshots.state(snapshotId)) {
        case COMPLETED -> {}
        case PENDING -> ready = false;
        case ERROR ->
            throw new VmferryException(
                ErrorCode.SNAPSHOT_FAILED,
                "snapshot %s of disk %d ended in state error".formatted(snapshotId, disk.index()));
      }
    }
    return new Result(taskId, ready);
  }
}
