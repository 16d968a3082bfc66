package io.vmferry.guest;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * A file system, swap space or other content of a partition, logical volume or whole disk.
 *
 * @param device how the appliance calls it: {@code /dev/sda1}, {@code /dev/vg/lv}
 * @param type as blkid says: {@code ext4}, {@code xfs}, {@code btrfs}, {@code vfat}, {@code swap},
 *     {@code crypto_LUKS}, {@code LVM2_member}
 * @param disk the disk's index; empty for a logical volume
 * @param partition the partition's number; empty for a logical volume or a whole disk
 * @param uuid the file system's UUID as blkid spells it
 * @param label the file system's label
 * @param partitionUuid the partition's UUID (PARTUUID), in lower case
 * @param subvolumes the paths of a Btrfs file system's subvolumes, without a leading slash; none
 *     for others
 * @param mountPoint where the guest mounts it; empty if it does not
 */
public record FileSystemFacts(
    String device,
    String type,
    OptionalInt disk,
    OptionalInt partition,
    Optional<String> uuid,
    Optional<String> label,
    Optional<String> partitionUuid,
    List<String> subvolumes,
    Optional<String> mountPoint) {}
