package io.vmferry.disk.filesystem;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;

/** Superblocks of what other file systems lie in: encryption, RAID, volume groups. */
final class VolumeSuperblocks {
  private static final int RAID_MAGIC = 0xa92b4efc;
  private static final int RAID_RESERVED = 0x10000;
  private static final int SECTOR = 512;
  private static final int LVM_LABEL_SECTORS = 4;
  private static final int[] LVM_UUID_GROUPS = {6, 4, 4, 4, 4, 4, 6};

  private VolumeSuperblocks() {}

  /** LUKS1 and LUKS2 (On-Disk Format Specifications, header). */
  static Optional<Content> luks(Region region) {
    if (!region.has(0, "LUKS\u00ba\u00be")) {
      return Optional.empty();
    }
    int version = Short.toUnsignedInt(Short.reverseBytes((short) region.u16(6)));
    Optional<String> label = version == 2 ? region.text(24, 48) : Optional.empty();
    return Optional.of(new Content("crypto_LUKS", region.text(168, 40), label));
  }

  /** BitLocker: the boot sector of the volume. */
  static Optional<Content> bitLocker(Region region) {
    return region.has(3, "-FVE-FS-")
        ? Optional.of(new Content("BitLocker", Optional.empty(), Optional.empty()))
        : Optional.empty();
  }

  /** A member of an MD array: versions 1.1, 1.2 and 1.0 by their places, then 0.90. */
  static Optional<Content> raid(Region region) {
    long last = ((region.bytes() / SECTOR - 16) & ~7L) * SECTOR;
    for (long at : new long[] {0, 4096, last}) {
      if (at >= 0 && region.i32(at) == RAID_MAGIC && region.i32(at + 4) == 1) {
        Optional<String> uuid = region.uuid(at + 16);
        return Optional.of(new Content("linux_raid_member", uuid, region.text(at + 32, 32)));
      }
    }
    long old = (region.bytes() & -RAID_RESERVED) - RAID_RESERVED;
    if (old >= 0 && region.i32(old) == RAID_MAGIC && region.i32(old + 4) == 0) {
      ByteBuffer words = ByteBuffer.allocate(16).order(ByteOrder.BIG_ENDIAN);
      words.putInt(region.i32(old + 20)).putInt(region.i32(old + 52));
      words.putInt(region.i32(old + 56)).putInt(region.i32(old + 60)).flip();
      String uuid = new UUID(words.getLong(0), words.getLong(8)).toString();
      return Optional.of(new Content("linux_raid_member", Optional.of(uuid), Optional.empty()));
    }
    return Optional.empty();
  }

  /** A physical volume of LVM2: a label in one of the first four sectors. */
  static Optional<Content> lvm(Region region) {
    for (int sector = 0; sector < LVM_LABEL_SECTORS; sector++) {
      long at = (long) sector * SECTOR;
      if (region.has(at, "LABELONE") && region.has(at + 24, "LVM2 001")) {
        long header = at + Integer.toUnsignedLong(region.i32(at + 20));
        return Optional.of(
            new Content("LVM2_member", lvmUuid(region.at(header, 32)), Optional.empty()));
      }
    }
    return Optional.empty();
  }

  private static Optional<String> lvmUuid(ByteBuffer bytes) {
    String id = StandardCharsets.ISO_8859_1.decode(bytes).toString();
    if (!id.chars().allMatch(Character::isLetterOrDigit)) {
      return Optional.empty();
    }
    StringBuilder uuid = new StringBuilder();
    int at = 0;
    for (int group : LVM_UUID_GROUPS) {
      uuid.append(uuid.isEmpty() ? "" : "-").append(id, at, at + group);
      at += group;
    }
    return Optional.of(uuid.toString());
  }
}
