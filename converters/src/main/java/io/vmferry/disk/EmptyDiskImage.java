package io.vmferry.disk;

import java.io.IOException;
import java.nio.ByteBuffer;

/** A disk that nothing was ever written to: an OVF may describe one without giving it a file. */
public final class EmptyDiskImage implements DiskImage {
  private static final byte[] ZEROS = new byte[64 << 10];

  private final long virtualSize;

  /**
   * An empty disk.
   *
   * @param virtualSize its size in bytes, see {@link VirtualSize}
   */
  public EmptyDiskImage(long virtualSize) {
    this.virtualSize = virtualSize;
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
    return new Extent(offset, checkExtent(offset, maxLength), Extent.Kind.UNALLOCATED);
  }

  @Override
  public Extent plannedExtentAt(long offset, long maxLength) {
    return extentAt(offset, maxLength);
  }

  @Override
  public void readFully(long offset, ByteBuffer destination) throws IOException {
    checkRange(offset, destination.remaining());
    while (destination.hasRemaining()) {
      destination.put(ZEROS, 0, Math.min(ZEROS.length, destination.remaining()));
    }
  }

  @Override
  public void close() {}
}
