package io.vmferry.functions.announce;

import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.Task;
import java.util.List;
import java.util.Optional;

/**
 * A disk's snapshot, as events and results tell it.
 *
 * @param snapshotId the snapshot
 * @param deviceName the block device it is in the image; empty if there is no image
 * @param format the format of the image it was made of
 * @param sizeGib the volume's size in GiB
 */
public record SnapshotDocument(
    String snapshotId, Optional<String> deviceName, String format, int sizeGib) {

  /** The snapshots of a task, in the order of its disks. */
  static List<SnapshotDocument> of(Task task) {
    return task.disks().stream()
        .filter(disk -> disk.snapshotId().isPresent())
        .map(SnapshotDocument::of)
        .toList();
  }

  private static SnapshotDocument of(Disk disk) {
    return new SnapshotDocument(
        disk.snapshotId().orElseThrow(),
        disk.deviceName(),
        disk.format().id(),
        disk.volumeSizeGib());
  }
}
