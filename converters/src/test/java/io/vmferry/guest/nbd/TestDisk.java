package io.vmferry.guest.nbd;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.Extent;
import io.vmferry.disk.WritableDiskImage;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** A disk in memory that can be told to fail; its second quarter is a hole until it is written. */
final class TestDisk implements WritableDiskImage {
  private final byte[] content;
  private final int holeStart;
  private int holeEnd;

  /** Where reads and writes fail; −1 for nowhere. */
  volatile long failsAt = -1;

  /** Whether writes fail for want of room. */
  volatile boolean full;

  TestDisk(byte[] content) {
    this.content = content;
    this.holeStart = content.length / 4;
    this.holeEnd = content.length / 2;
    Arrays.fill(content, holeStart, holeEnd, (byte) 0);
  }

  byte[] content() {
    return content;
  }

  @Override
  public DiskFormat format() {
    return DiskFormat.RAW;
  }

  @Override
  public long virtualSize() {
    return content.length;
  }

  @Override
  public synchronized Extent extentAt(long offset, long maxLength) {
    long end = offset + checkExtent(offset, maxLength);
    if (offset < holeStart && holeEnd > holeStart) {
      return new Extent(offset, Math.min(end, holeStart) - offset, Extent.Kind.DATA);
    }
    return offset < holeEnd
        ? new Extent(offset, Math.min(end, holeEnd) - offset, Extent.Kind.UNALLOCATED)
        : new Extent(offset, end - offset, Extent.Kind.DATA);
  }

  @Override
  public Extent plannedExtentAt(long offset, long maxLength) {
    return extentAt(offset, maxLength);
  }

  @Override
  public synchronized void readFully(long offset, ByteBuffer destination) throws IOException {
    checkRange(offset, destination.remaining());
    failIn(offset, destination.remaining());
    destination.put(content, (int) offset, destination.remaining());
  }

  @Override
  public synchronized void write(long offset, ByteBuffer bytes) throws IOException {
    checkRange(offset, bytes.remaining());
    failIn(offset, bytes.remaining());
    if (full) {
      throw new VmferryException(ErrorCode.OVERLAY_FULL, "no room");
    }
    holeEnd = offset < holeEnd && bytes.hasRemaining() ? holeStart : holeEnd;
    bytes.get(content, (int) offset, bytes.remaining());
  }

  private void failIn(long offset, long length) throws IOException {
    if (failsAt >= offset && failsAt < offset + length) {
      throw new IOException("the source cannot be read at " + failsAt);
    }
  }

  @Override
  public synchronized void writeZeroes(long offset, long length) {
    checkRange(offset, length);
    Arrays.fill(content, (int) offset, (int) (offset + length), (byte) 0);
  }

  @Override
  public void trim(long offset, long length) {
    checkRange(offset, length);
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
