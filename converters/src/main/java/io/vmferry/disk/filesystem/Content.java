package io.vmferry.disk.filesystem;

import java.util.Optional;

/**
 * What lies in a partition.
 *
 * @param type as blkid says: {@code ext4}, {@code xfs}, {@code btrfs}, {@code jfs}, {@code
 *     reiserfs}, {@code ntfs}, {@code vfat}, {@code exfat}, {@code iso9660}, {@code swap}, {@code
 *     swsuspend}, {@code LVM2_member}, {@code crypto_LUKS}, {@code BitLocker}, {@code
 *     linux_raid_member}
 * @param uuid its UUID as blkid spells it
 * @param label its label
 */
public record Content(String type, Optional<String> uuid, Optional<String> label) {

  /** Whether nothing of it can be read without a key. */
  public boolean isEncrypted() {
    return type.equals("crypto_LUKS") || type.equals("BitLocker");
  }
}
