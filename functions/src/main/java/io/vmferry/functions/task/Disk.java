package io.vmferry.functions.task;

import io.vmferry.disk.DiskFormat;
import java.util.List;
import java.util.Optional;

/**
 * One disk of a task.
 *
 * @param index position in the machine, 0 for the root device
 * @param container index of the request's container it comes from
 * @param format the image's format
 * @param virtualSize the disk's size in bytes
 * @param files what it is read from: the image first, then the files the image names; empty for a
 *     disk without content
 * @param deviceName the block device it becomes; empty until it is chosen
 * @param snapshotId the snapshot it is written to; empty until that is started
 * @param chunks how many chunks the plan cuts it into
 * @param plannedBytes what those chunks cover: the work that progress is measured by
 */
public record Disk(
    int index,
    int container,
    DiskFormat format,
    long virtualSize,
    List<ContentFile> files,
    Optional<String> deviceName,
    Optional<String> snapshotId,
    int chunks,
    long plannedBytes) {
  private static final long GIB = 1L << 30;

  /** Copies the list. */
  public Disk {
    files = List.copyOf(files);
  }

  /** The volume the disk fits in, in GiB. */
  public int volumeSizeGib() {
    return Math.toIntExact(Math.ceilDiv(virtualSize, GIB));
  }

  /** The same disk with its snapshot. */
  public Disk withSnapshot(String id) {
    return copy(index, deviceName, Optional.of(id), chunks, plannedBytes);
  }

  /** The same disk with its share of the plan. */
  public Disk withPlan(int planChunks, long bytes) {
    return copy(index, deviceName, snapshotId, planChunks, bytes);
  }

  /** The same disk at another place in the machine. */
  public Disk withIndex(int other) {
    return copy(other, deviceName, snapshotId, chunks, plannedBytes);
  }

  /** The same disk with its block device. */
  public Disk withDevice(String device) {
    return copy(index, Optional.of(device), snapshotId, chunks, plannedBytes);
  }

  /** The same content, otherwise placed, written and planned. */
  private Disk copy(
      int newIndex,
      Optional<String> newDevice,
      Optional<String> newSnapshot,
      int newChunks,
      long newPlannedBytes) {
    return new Disk(
        newIndex,
        container,
        format,
        virtualSize,
        files,
        newDevice,
        newSnapshot,
        newChunks,
        newPlannedBytes);
  }

  /** The same disk with other content. */
  public Disk withContent(DiskFormat newFormat, List<ContentFile> newFiles) {
    return new Disk(
        index,
        container,
        newFormat,
        virtualSize,
        newFiles,
        deviceName,
        snapshotId,
        chunks,
        plannedBytes);
  }
}
