package io.vmferry.disk.block;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.Extent;
import io.vmferry.disk.io.ByteSource;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A disk in blocks of one size, each found through a {@link BlockTable}. */
public final class BlockImage implements DiskImage {
  /**
   * How many bytes of a block table planning reads: 48 MiB. All of the table of most disks; in a
   * disk with a larger one (a 16 TiB VHDX in blocks of 1 MiB has 128 MiB) the blocks whose entries
   * lie beyond are planned as data, unread, and turn out as what they are when they are converted.
   */
  public static final long PLANNED_TABLE_BYTES = 48L << 20;

  private static final byte[] ZEROS = new byte[64 << 10];

  private final DiskFormat format;
  private final ByteSource source;
  private final long virtualSize;
  private final long blockSize;
  private final BlockTable table;
  private final long plannedSize;

  /**
   * A disk over {@code source}.
   *
   * @param source where the blocks are; belongs to the image
   * @param virtualSize the disk's size in bytes
   * @param blockSize the bytes of a block; the disk's end may cut the last one
   * @param table where each block is
   * @param entryBytes the bytes of an entry of the table
   */
  public BlockImage(
      DiskFormat format,
      ByteSource source,
      long virtualSize,
      long blockSize,
      BlockTable table,
      int entryBytes) {
    this.format = format;
    this.source = source;
    this.virtualSize = virtualSize;
    this.blockSize = blockSize;
    this.table = table;
    long plannedBlocks = PLANNED_TABLE_BYTES / entryBytes;
    this.plannedSize =
        plannedBlocks < Math.ceilDiv(virtualSize, blockSize)
            ? plannedBlocks * blockSize
            : virtualSize;
  }

  @Override
  public DiskFormat format() {
    return format;
  }

  @Override
  public long virtualSize() {
    return virtualSize;
  }

  @Override
  public Extent extentAt(long offset, long maxLength) throws IOException {
    return scan(offset, offset + checkExtent(offset, maxLength));
  }

  @Override
  public Extent plannedExtentAt(long offset, long maxLength) throws IOException {
    long length = checkExtent(offset, maxLength);
    if (offset >= plannedSize) {
      return new Extent(offset, length, Extent.Kind.DATA);
    }
    return scan(offset, Math.min(offset + length, plannedSize));
  }

  private Extent scan(long offset, long limit) throws IOException {
    long block = offset / blockSize;
    Extent.Kind kind = kind(table.locate(block));
    long end = (block + 1) * blockSize;
    while (end < limit && kind(table.locate(++block)) == kind) {
      end += blockSize;
    }
    return new Extent(offset, Math.min(end, limit) - offset, kind);
  }

  private static Extent.Kind kind(long location) {
    if (location == BlockTable.UNALLOCATED) {
      return Extent.Kind.UNALLOCATED;
    }
    return location == BlockTable.ZERO ? Extent.Kind.ZERO : Extent.Kind.DATA;
  }

  @Override
  public void readFully(long offset, ByteBuffer destination) throws IOException {
    checkRange(offset, destination.remaining());
    long at = offset;
    long limit = offset + destination.remaining();
    while (at < limit) {
      at += readRun(at, limit, destination);
    }
  }

  /** Reads what lies in one piece: blocks that follow each other in the file, or a run of none. */
  private int readRun(long offset, long limit, ByteBuffer destination) throws IOException {
    long block = offset / blockSize;
    long location = table.locate(block);
    long end = (block + 1) * blockSize;
    long inside = offset % blockSize;
    long next = location;
    while (end < limit) {
      next = location < 0 ? location : next + blockSize;
      long following = table.locate(++block);
      if (location < 0 ? following >= 0 : following != next) {
        break;
      }
      end += blockSize;
    }
    int length = (int) (Math.min(end, limit) - offset);
    if (location < 0) {
      putZeros(destination, length);
    } else {
      int all = destination.limit();
      source.readFully(location + inside, destination.limit(destination.position() + length));
      destination.limit(all);
    }
    return length;
  }

  private static void putZeros(ByteBuffer destination, int length) {
    for (int left = length; left > 0; left -= ZEROS.length) {
      destination.put(ZEROS, 0, Math.min(left, ZEROS.length));
    }
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
