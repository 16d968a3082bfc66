package io.vmferry.guest.appliance;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.Extent;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A disk of data of which no byte can be read once it is told so. */
final class FailingImage implements DiskImage {
  private final long size;
  volatile boolean fails;

  FailingImage(long size) {
    this.size = size;
  }

  @Override
  public DiskFormat format() {
    return DiskFormat.RAW;
  }

  @Override
  public long virtualSize() {
    return size;
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
    if (fails) {
      throw new IOException("the object cannot be read at " + offset);
    }
    destination.put(new byte[destination.remaining()]);
  }

  @Override
  public void close() {}
}
