package io.vmferry.disk.filesystem;

import java.util.Optional;

/** Superblocks of Linux's file systems and swap space. */
final class LinuxSuperblocks {
  private static final int EXT_AT = 1024;
  private static final int EXT_MAGIC = 0xef53;
  private static final int EXT_HAS_JOURNAL = 0x4;
  private static final int EXT_JOURNAL_DEVICE = 0x8;

  /** Incompatible features that ext3 knows: file types, recovery, meta block groups. */
  private static final int EXT3_INCOMPATIBLE = 0x2 | 0x4 | 0x10;

  /** Read-only features that ext3 knows: sparse superblocks, large files, B-tree directories. */
  private static final int EXT3_READ_ONLY = 0x1 | 0x2 | 0x4;

  private static final int BTRFS_AT = 0x10000;
  private static final int JFS_AT = 0x8000;
  private static final long[] REISER_AT = {0x10000, 0x2000};
  private static final int SWAP_HEADER_AT = 1024;
  private static final int[] PAGES = {4096, 8192, 16384, 65536};
  private static final int SWAP_MAGIC_BYTES = 10;

  private LinuxSuperblocks() {}

  /** ext2, ext3 and ext4, told apart by the features they need. */
  static Optional<Content> ext(Region region) {
    if (region.u16(EXT_AT + 0x38) != EXT_MAGIC) {
      return Optional.empty();
    }
    int compatible = region.i32(EXT_AT + 0x5c);
    int incompatible = region.i32(EXT_AT + 0x60);
    int readOnly = region.i32(EXT_AT + 0x64);
    String type;
    if ((incompatible & EXT_JOURNAL_DEVICE) != 0) {
      type = "jbd";
    } else if ((incompatible & ~EXT3_INCOMPATIBLE) != 0 || (readOnly & ~EXT3_READ_ONLY) != 0) {
      type = "ext4";
    } else {
      type = (compatible & EXT_HAS_JOURNAL) != 0 ? "ext3" : "ext2";
    }
    return Optional.of(
        new Content(type, region.uuid(EXT_AT + 0x68), region.text(EXT_AT + 0x78, 16)));
  }

  /** XFS. */
  static Optional<Content> xfs(Region region) {
    return region.has(0, "XFSB")
        ? Optional.of(new Content("xfs", region.uuid(32), region.text(108, 12)))
        : Optional.empty();
  }

  /** Btrfs. */
  static Optional<Content> btrfs(Region region) {
    return region.has(BTRFS_AT + 0x40, "_BHRfS_M")
        ? Optional.of(
            new Content("btrfs", region.uuid(BTRFS_AT + 0x20), region.text(BTRFS_AT + 0x12b, 256)))
        : Optional.empty();
  }

  /** JFS. */
  static Optional<Content> jfs(Region region) {
    return region.has(JFS_AT, "JFS1")
        ? Optional.of(new Content("jfs", region.uuid(JFS_AT + 136), region.text(JFS_AT + 152, 16)))
        : Optional.empty();
  }

  /** ReiserFS, the formats 3.5 and 3.6, and with a journal elsewhere. */
  static Optional<Content> reiser(Region region) {
    for (long at : REISER_AT) {
      if (region.has(at + 52, "ReIsErFs")
          || region.has(at + 52, "ReIsEr2Fs")
          || region.has(at + 52, "ReIsEr3Fs")) {
        return Optional.of(
            new Content("reiserfs", region.uuid(at + 84), region.text(at + 100, 16)));
      }
    }
    return Optional.empty();
  }

  /** Swap space, or a hibernated system in it. */
  static Optional<Content> swap(Region region) {
    for (int page : PAGES) {
      int at = page - SWAP_MAGIC_BYTES;
      boolean hibernated =
          region.has(at, "S1SUSPEND")
              || region.has(at, "S2SUSPEND")
              || region.has(at, "LINHIB0001");
      if (hibernated || region.has(at, "SWAPSPACE2") || region.has(at, "SWAP-SPACE")) {
        return Optional.of(
            new Content(
                hibernated ? "swsuspend" : "swap",
                region.uuid(SWAP_HEADER_AT + 12),
                region.text(SWAP_HEADER_AT + 28, 16)));
      }
    }
    return Optional.empty();
  }
}
