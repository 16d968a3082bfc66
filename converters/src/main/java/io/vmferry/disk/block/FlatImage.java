package io.vmferry.disk.block;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.Extent;
import io.vmferry.disk.io.ByteSource;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A disk stored as it is from the file's start on. All of it is data, for nothing says where its
 * holes are; what the file has too little at the end reads as zeros.
 */
public final class FlatImage implements DiskImage {
  private final DiskFormat format;
  private final ByteSource source;
  private final long virtualSize;

  /**
   * A disk over {@code source}.
   *
   * @param source where the disk is; belongs to the image
   * @param virtualSize the disk's size in bytes
   */
  public FlatImage(DiskFormat format, ByteSource source, long virtualSize) {
    this.format = format;
    this.source = source;
    this.virtualSize = virtualSize;
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
