package io.vmferry.cli.backend;

import java.util.List;
import java.util.Optional;

/** The images and snapshots of an account. */
public interface Inventory {

  /** The images the account owns, the newest first. */
  List<Image> images();

  /** The snapshots the account owns, the newest first. */
  List<Snapshot> snapshots();

  /**
   * An AMI.
   *
   * @param id {@code ami-…}
   * @param name its name
   * @param state {@code available}, …
   * @param createdAt ISO 8601, as EC2 gives it
   * @param architecture {@code x86_64}, …
   * @param bootMode empty for the architecture's default
   * @param devices its disks, the root device first
   */
  record Image(
      String id,
      String name,
      String state,
      String createdAt,
      String architecture,
      Optional<String> bootMode,
      List<Device> devices) {}

  /**
   * A block device mapping.
   *
   * @param deviceName {@code /dev/sda1}
   * @param snapshotId the snapshot the disk starts from
   * @param volumeSizeGib the disk's size
   */
  record Device(String deviceName, String snapshotId, int volumeSizeGib) {}

  /**
   * An EBS snapshot.
   *
   * @param id {@code snap-…}
   * @param state {@code pending}, {@code completed}, {@code error}
   * @param progress as EC2 gives it: {@code 100%}
   * @param startedAt ISO 8601
   * @param volumeSizeGib the size of its volume
   * @param description free text
   */
  record Snapshot(
      String id,
      String state,
      String progress,
      String startedAt,
      int volumeSizeGib,
      String description) {}
}
