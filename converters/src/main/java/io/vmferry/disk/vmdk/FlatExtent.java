package io.vmferry.disk.vmdk;

import io.vmferry.disk.Extent;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** A run of a file's bytes as they are. The file stays open when the extent is closed. */
final class FlatExtent implements VmdkExtent {
  private final ByteSource source;
  private final long start;
  private final long size;

  /**
   * An extent of {@code sectors} sectors from sector {@code offset} of the file on.
   *
   * @throws VmferryException {@link ErrorCode#IMAGE_TRUNCATED} if the file ends before the extent
   */
  FlatExtent(ByteSource source, long offset, long sectors) {
    this.source = source;
    this.size = Sectors.toBytes(sectors);
    if (!Sectors.inside(offset, size, source.size())) {
      throw new VmferryException(
          ErrorCode.IMAGE_TRUNCATED,
          "%s: the descriptor wants %d sectors from sector %d on, but the file has %d bytes"
              .formatted(source.name(), sectors, offset, source.size()));
    }
    this.start = offset * Sectors.SIZE;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public Extent extentAt(long offset, long maxLength) {
    return new Extent(offset, maxLength, Extent.Kind.DATA);
  }

  @Override
  public Extent plannedExtentAt(long offset, long maxLength) {
    return extentAt(offset, maxLength);
  }

  @Override
  public void readFully(long offset, ByteBuffer destination) throws IOException {
    source.readFully(start + offset, destination);
  }

  @Override
  public void close() {}
}
