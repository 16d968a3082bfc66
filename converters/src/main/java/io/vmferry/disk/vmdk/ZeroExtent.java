package io.vmferry.disk.vmdk;

import io.vmferry.disk.Extent;
import java.nio.ByteBuffer;

/**
 * Zeros: an extent of type ZERO, or one that nobody may access.
 *
 * @param size bytes of the disk
 */
record ZeroExtent(long size) implements VmdkExtent {

  @Override
  public Extent extentAt(long offset, long maxLength) {
    return new Extent(offset, maxLength, Extent.Kind.ZERO);
  }

  @Override
  public Extent plannedExtentAt(long offset, long maxLength) {
    return extentAt(offset, maxLength);
  }

  @Override
  public void readFully(long offset, ByteBuffer destination) {
    Sectors.putZeros(destination, destination.remaining());
  }

  @Override
  public void close() {}
}
