package io.vmferry.disk.convert;

/**
 * A run of a disk's blocks; the unit of work.
 *
 * @param first index of the first block, in units of {@link #BLOCK_SIZE}
 * @param count blocks, at least 1
 */
public record BlockRange(int first, int count) {
  /** Bytes in a block of an EBS snapshot: 512 KiB. */
  public static final int BLOCK_SIZE = 512 << 10;

  /** Checks that the range is not empty. */
  public BlockRange {
    if (first < 0 || count < 1 || first > Integer.MAX_VALUE - count) {
      throw new IllegalArgumentException("%d blocks from %d".formatted(count, first));
    }
  }

  /** Offset of the range's first byte in the disk. */
  public long startByte() {
    return (long) first * BLOCK_SIZE;
  }

  /** Offset of the first byte after the range; may lie beyond the disk's last, partial block. */
  public long endByte() {
    return startByte() + bytes();
  }

  /** Bytes in the range. */
  public long bytes() {
    return (long) count * BLOCK_SIZE;
  }
}
