package io.vmferry.disk.filesystem;

import java.util.Optional;

/** Superblocks of Windows's file systems and of optical discs. */
final class OtherSuperblocks {
  private static final int ISO_AT = 0x8000;
  private static final int SECTOR_SIGNATURE = 0xaa55;

  private OtherSuperblocks() {}

  /** NTFS; its label is in the master file table, not here. */
  static Optional<Content> ntfs(Region region) {
    return region.has(3, "NTFS    ")
        ? Optional.of(new Content("ntfs", region.longSerial(0x48), Optional.empty()))
        : Optional.empty();
  }

  /** exFAT. */
  static Optional<Content> exfat(Region region) {
    return region.has(3, "EXFAT   ")
        ? Optional.of(new Content("exfat", region.serial(100), Optional.empty()))
        : Optional.empty();
  }

  /** ISO 9660: the primary volume descriptor; its UUID is when it was modified, or made. */
  static Optional<Content> iso9660(Region region) {
    if (!region.has(ISO_AT + 1, "CD001")) {
      return Optional.empty();
    }
    Optional<String> time = region.text(ISO_AT + 830, 16).filter(OtherSuperblocks::isTime);
    Optional<String> uuid =
        time.or(() -> region.text(ISO_AT + 813, 16).filter(OtherSuperblocks::isTime))
            .map(
                digits ->
                    digits.replaceFirst("(....)(..)(..)(..)(..)(..)(..)", "$1-$2-$3-$4-$5-$6-$7"));
    return Optional.of(new Content("iso9660", uuid, region.text(ISO_AT + 40, 32)));
  }

  /** FAT12, FAT16 and FAT32. */
  static Optional<Content> fat(Region region) {
    int sector = region.u16(11);
    int cluster = region.u8(13);
    boolean valid =
        region.u16(510) == SECTOR_SIGNATURE
            && Integer.bitCount(sector) == 1
            && sector >= 512
            && sector <= 4096
            && Integer.bitCount(cluster) == 1
            && region.u16(14) > 0
            && region.u8(16) > 0
            && (region.u8(21) == 0xf0 || region.u8(21) >= 0xf8);
    if (!valid) {
      return Optional.empty();
    }
    boolean wide = region.u16(22) == 0;
    int extended = wide ? 0x42 : 0x26;
    Optional<String> label =
        region.u8(extended) == 0x29
            ? region.text(extended + 5, 11).filter(text -> !text.equals("NO NAME"))
            : Optional.empty();
    return Optional.of(new Content("vfat", region.serial(extended + 1), label));
  }

  private static boolean isTime(String digits) {
    return digits.matches("[0-9]{16}") && !digits.equals("0".repeat(16));
  }
}
