package io.vmferry.disk.vhd;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.Extent;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A fixed VHD: the disk's bytes from the file's start on, and a footer. All of it is data. */
final class FixedVhdImage implements DiskImage {
  private final ByteSource source;
  private final long virtualSize;

  FixedVhdImage(ByteSource source, VhdFooter footer, long virtualSize) {
    if (virtualSize > footer.offset()) {
      throw new VmferryException(
          ErrorCode.IMAGE_TRUNCATED,
          "%s: the footer says a fixed disk of %d bytes, but there are %d bytes before the footer"
              .formatted(source.name(), virtualSize, footer.offset()));
    }
    this.source = source;
    this.virtualSize = virtualSize;
  }

  @Override
  public DiskFormat format() {
    return DiskFormat.VHD;
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
    source.readFully(offset, destination);
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
