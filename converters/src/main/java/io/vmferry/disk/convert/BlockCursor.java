package io.vmferry.disk.convert;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.Extent;
import java.io.IOException;
import java.util.OptionalInt;

/** Walks the blocks of a range that hold data; shared by the workers of a chunk. */
final class BlockCursor {
  /** How far ahead tables are read: 64 MiB of disk. */
  private static final long LOOK_AHEAD = 64L << 20;

  private final DiskImage image;
  private final long end;

  /** Everything before this is handed out or passed over. */
  private long position;

  /** End of the data known to lie at {@link #position}; at or before it if nothing is known. */
  private long knownDataEnd;

  BlockCursor(DiskImage image, BlockRange range) {
    this.image = image;
    this.position = range.startByte();
    this.end = Math.min(range.endByte(), image.virtualSize());
  }

  /** The next block that holds data; empty at the range's end. */
  synchronized OptionalInt next() throws IOException {
    while (position < end) {
      if (position >= knownDataEnd) {
        Extent extent = image.extentAt(position, Math.min(LOOK_AHEAD, end - position));
        if (!extent.isData()) {
          position = extent.end();
          continue;
        }
        knownDataEnd = extent.end();
      }
      int block = Math.toIntExact(position / BlockRange.BLOCK_SIZE);
      position = (block + 1L) * BlockRange.BLOCK_SIZE;
      return OptionalInt.of(block);
    }
    return OptionalInt.empty();
  }

  /** Bytes of the disk that are handed out or passed over. */
  synchronized long passedBytes() {
    return position;
  }
}
