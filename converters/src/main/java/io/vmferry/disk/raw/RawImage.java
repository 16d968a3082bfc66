package io.vmferry.disk.raw;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.Extent;
import io.vmferry.disk.VirtualSize;
import io.vmferry.disk.io.ByteSource;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A raw image: all of it is data, for nothing says where its holes are. */
final class RawImage implements DiskImage {
  private static final int SECTOR = 512;

  private final ByteSource source;
  private final long virtualSize;

  RawImage(ByteSource source) {
    this.source = source;
    // A file whose length is no whole number of sectors is read as if the last sector were filled
    // with zeros.
    this.virtualSize = VirtualSize.check(source.name(), roundUp(source.size()));
  }

  private static long roundUp(long size) {
    return Math.ceilDiv(size, SECTOR) * SECTOR;
  }

  @Override
  public DiskFormat format() {
    return DiskFormat.RAW;
  }

  @Override
  public long virtualSize() {
    return virtualSize;
  }

  @Override
  public Extent extentAt(long offset, long maxLength) {
    return new Extent(offset, checkExtent(offset, maxLength), Extent.Kind.DATA);
  }

  @Override
  public Extent plannedExtentAt(long offset, long maxLength) {
    return extentAt(offset, maxLength);
  }

  @Override
  public void readFully(long offset, ByteBuffer destination) throws IOException {
    checkRange(offset, destination.remaining());
    int stored = (int) Math.min(destination.remaining(), Math.max(0, source.size() - offset));
    int limit = destination.limit();
    if (stored > 0) {
      source.readFully(offset, destination.limit(destination.position() + stored));
      destination.limit(limit);
    }
    while (destination.hasRemaining()) {
      destination.put((byte) 0);
    }
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
