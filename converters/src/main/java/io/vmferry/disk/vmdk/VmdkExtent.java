package io.vmferry.disk.vmdk;

import io.vmferry.disk.Extent;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * One extent of a disk. Offsets are in the extent and inside of it: the image that holds the extent
 * has checked them. Safe for use by many threads at once.
 */
interface VmdkExtent extends Closeable {

  /** Bytes of the disk that the extent holds. */
  long size();

  /** As {@link io.vmferry.disk.DiskImage#extentAt}; {@code maxLength} ends inside the extent. */
  Extent extentAt(long offset, long maxLength) throws IOException;

  /**
   * As {@link io.vmferry.disk.DiskImage#plannedExtentAt}; {@code maxLength} ends inside the extent.
   */
  Extent plannedExtentAt(long offset, long maxLength) throws IOException;

  /** Fills the buffer up to its limit, which is inside the extent. */
  void readFully(long offset, ByteBuffer destination) throws IOException;
}
