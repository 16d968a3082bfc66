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
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

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
        MessageDigest all = sha256();
        int blocks = 0;
        for (int chunk = 0; chunk < disk.chunks(); chunk++) {
          String key = files.digests(taskId, disk.index(), chunk);
          try (InputStream stored = objects.read(files.bucket(), key)) {
            blocks += BlockDigests.read(stored, (index, digest) -> all.update(digest));
          }
        }
        snapshots.complete(snapshotId, blocks, all.digest());
      }
    }
    return check(taskId);
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

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JRE has SHA-256", e);
    }
  }
}
