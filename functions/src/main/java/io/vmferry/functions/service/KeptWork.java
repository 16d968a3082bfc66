package io.vmferry.functions.service;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.ObjectReader;
import io.vmferry.functions.port.RemoteFiles;
import io.vmferry.functions.port.RemoteFiles.RemoteFile;
import io.vmferry.functions.port.SnapshotStore;
import io.vmferry.functions.task.ContentFile;
import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.ObjectVersion;
import io.vmferry.functions.task.SourceLocation;
import io.vmferry.functions.task.Task;
import java.util.LinkedHashSet;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Looks whether what a failed task has written can be gone on with: the sources are what they were,
 * and the snapshots are there.
 */
public final class KeptWork {
  private final ObjectReader objects;
  private final RemoteFiles remote;
  private final SnapshotStore snapshots;
  private final Downloads downloads;

  /** A service on these ports. */
  public KeptWork(
      ObjectReader objects, RemoteFiles remote, SnapshotStore snapshots, Downloads downloads) {
    this.objects = objects;
    this.remote = remote;
    this.snapshots = snapshots;
    this.downloads = downloads;
  }

  /** Whether every disk has its snapshot: the sources were looked into, copied and cut up. */
  static boolean isPlanned(Task task) {
    return !task.disks().isEmpty()
        && task.disks().stream().allMatch(disk -> disk.snapshotId().isPresent());
  }

  /**
   * Checks what is kept of a task.
   *
   * @throws VmferryException {@link ErrorCode#SOURCE_CHANGED}, {@link ErrorCode#SOURCE_NOT_FOUND}
   *     or another failure to look at a source; {@link ErrorCode#TASK_NOT_RETRYABLE} if a snapshot
   *     is gone
   */
  void check(Task task) {
    Set<ObjectVersion> pinned = new LinkedHashSet<>();
    for (Disk disk : task.disks()) {
      disk.files().stream().map(ContentFile::object).forEach(pinned::add);
      disk.snapshotId().ifPresent(id -> checkSnapshot(task, disk, id));
    }
    // What is yet to be copied has no ETag; nor will it be read if it is not planned.
    pinned.stream().filter(object -> !object.eTag().isEmpty()).forEach(this::checkObject);
    if (!isPlanned(task)) {
      for (int i = 0; i < task.request().containers().size(); i++) {
        checkDownload(task, i);
      }
    }
  }

  private void checkObject(ObjectVersion object) {
    ObjectVersion now = objects.head(object.bucket(), object.key());
    if (!now.equals(object)) {
      throw new VmferryException(
          ErrorCode.SOURCE_CHANGED,
          "%s has ETag %s and %d bytes, and had %s and %d when it was first seen"
              .formatted(object.url(), now.eTag(), now.size(), object.eTag(), object.size()));
    }
  }

  private void checkDownload(Task task, int container) {
    String url = task.request().containers().get(container).url();
    if (SourceLocation.parse(url) instanceof SourceLocation.Web at
        && !downloads.isFinished(task.id(), container)) {
      RemoteFile now = remote.look(at.url());
      downloads
          .firstSeen(task.id(), container)
          .ifPresent(first -> checkVersion(at.fileName(), first, now));
    }
  }

  /**
   * Compares a file on a web server with what it was.
   *
   * @throws VmferryException {@link ErrorCode#SOURCE_CHANGED}
   */
  static void checkVersion(String name, Downloads.Version first, RemoteFile now) {
    if (first.size() != now.size() || !Objects.equals(first.version(), now.version())) {
      throw new VmferryException(
          ErrorCode.SOURCE_CHANGED,
          "%s has %d bytes and version %s, and had %d bytes and version %s when it was first seen"
              .formatted(
                  name,
                  now.size(),
                  now.version().orElse("none"),
                  first.size(),
                  first.version().orElse("none")));
    }
  }

  private void checkSnapshot(Task task, Disk disk, String id) {
    SnapshotStore.State state;
    try {
      state = snapshots.state(id);
    } catch (VmferryException e) {
      if (e.code() != ErrorCode.SNAPSHOT_NOT_FOUND) {
        throw e;
      }
      throw gone(task, "snapshot %s of disk %d is not there".formatted(id, disk.index()), e);
    }
    if (state == SnapshotStore.State.ERROR) {
      throw gone(task, "snapshot %s of disk %d has failed".formatted(id, disk.index()), null);
    }
  }

  private static VmferryException gone(Task task, String what, @Nullable Throwable cause) {
    return new VmferryException(
        ErrorCode.TASK_NOT_RETRYABLE, "task %s: %s".formatted(task.id(), what), cause);
  }
}
