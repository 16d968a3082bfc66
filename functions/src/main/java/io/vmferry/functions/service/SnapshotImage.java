package io.vmferry.functions.service;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.Extent;
import io.vmferry.functions.port.SnapshotStore;
import java.io.IOException;
import java.nio.ByteBuffer;

/** The volume of a snapshot as a disk: what the snapshot does not hold needs no reading. */
final class SnapshotImage implements DiskImage {
  private static final int BLOCK = SnapshotStore.BLOCK_SIZE;

  private final SnapshotSource source;

  SnapshotImage(SnapshotSource source) {
    this.source = source;
  }

  @Override
  public DiskFormat format() {
    return DiskFormat.RAW;
  }

  @Override
  public long virtualSize() {
    return source.size();
  }

  @Override
  public Extent extentAt(long offset, long maxLength) {
    if (offset < 0 || offset >= source.size() || maxLength < 1) {
      throw new IllegalArgumentException(
          "%d bytes at %d are not inside of %s".formatted(maxLength, offset, source.name()));
    }
    long end = offset + Math.min(maxLength, source.size() - offset);
    int first = Math.toIntExact(offset / BLOCK);
    int limit = Math.toIntExact(Math.ceilDiv(end, (long) BLOCK));
    if (!source.holds(first)) {
      int held = source.nextHeld(first, limit);
      long length = Math.min(end, (long) held * BLOCK) - offset;
      return new Extent(offset, length, Extent.Kind.UNALLOCATED);
    }
    int last = first + 1;
    while (last < limit && source.holds(last)) {
      last++;
    }
    long length = Math.min(end, (long) last * BLOCK) - offset;
    return new Extent(offset, length, Extent.Kind.DATA);
  }

  /** A snapshot's list of blocks is all there is, and exact. */
  @Override
  public Extent plannedExtentAt(long offset, long maxLength) {
    return extentAt(offset, maxLength);
  }

  @Override
  public void readFully(long offset, ByteBuffer destination) throws IOException {
    source.readFully(offset, destination);
  }

  @Override
  public void close() {
    source.close();
  }
}
