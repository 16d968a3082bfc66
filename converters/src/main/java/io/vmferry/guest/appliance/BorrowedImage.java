package io.vmferry.guest.appliance;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.Extent;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A disk that stays open when what is made of it is closed. */
record BorrowedImage(DiskImage image) implements DiskImage {
  @Override
  public DiskFormat format() {
    return image.format();
  }

  @Override
  public long virtualSize() {
    return image.virtualSize();
  }

  @Override
  public Extent extentAt(long offset, long maxLength) throws IOException {
    return image.extentAt(offset, maxLength);
  }

  @Override
  public Extent plannedExtentAt(long offset, long maxLength) throws IOException {
    return image.plannedExtentAt(offset, maxLength);
  }

  @Override
  public void readFully(long offset, ByteBuffer destination) throws IOException {
    image.readFully(offset, destination);
  }

  @Override
  public void close() {}
}
