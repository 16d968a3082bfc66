package io.vmferry.disk;

import io.vmferry.error.VmferryException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A disk image seen as the disk it holds: {@link #virtualSize()} bytes, readable at any offset.
 *
 * <p>Safe for use by many threads at once. An open image holds a few MiB of heap at the most,
 * whatever the disk's size: tables are read as they are needed and kept in bounded caches.
 */
public interface DiskImage extends Closeable {

  /** The image's format. */
  DiskFormat format();

  /** The disk's size in bytes: 1 to {@link VirtualSize#MAX_BYTES}. */
  long virtualSize();

  /**
   * The extent at {@code offset}, exactly, reading the tables that say so but never the disk's
   * data.
   *
   * @param offset 0 to {@link #virtualSize()} − 1
   * @param maxLength the longest run of interest, in bytes, at least 1; bounds how far tables are
   *     read
   * @return an extent that starts at {@code offset} and is at most {@code maxLength} long and
   *     inside the disk; the next one may be of the same kind
   * @throws IllegalArgumentException if the arguments are out of range
   * @throws VmferryException if the image is damaged
   * @throws IOException if the source cannot be read
   */
  Extent extentAt(long offset, long maxLength) throws IOException;

  /**
   * The extent at {@code offset} as far as the image's directory tells: for planning, where reading
   * every table of a large disk would be too much. What it calls {@link Extent.Kind#DATA} may turn
   * out to be partly zero or unallocated; what it calls zero or unallocated is.
   *
   * <p>Scanning a 16 TiB disk through this method takes less than 64 MiB of reads.
   *
   * @param offset as for {@link #extentAt}
   * @param maxLength as for {@link #extentAt}
   * @return as for {@link #extentAt}
   * @throws VmferryException if the directory is damaged
   * @throws IOException if the source cannot be read
   */
  Extent plannedExtentAt(long offset, long maxLength) throws IOException;

  /**
   * Fills {@code destination} from its position to its limit with the disk's bytes starting at
   * {@code offset}; what is not stored reads as zeros.
   *
   * @param offset 0 to {@link #virtualSize()} less the bytes wanted
   * @throws IllegalArgumentException if the range is not inside the disk
   * @throws VmferryException if the image is damaged
   * @throws IOException if the source cannot be read
   */
  void readFully(long offset, ByteBuffer destination) throws IOException;

  /**
   * Looks at the whole directory as planning does, so that an entry that points outside of the
   * file, as in one that was cut off, is told before anything is copied or written.
   *
   * @throws VmferryException if the directory is damaged
   * @throws IOException if the source cannot be read
   */
  default void checkDirectory() throws IOException {
    long at = 0;
    while (at < virtualSize()) {
      at = plannedExtentAt(at, Long.MAX_VALUE).end();
    }
  }

  /** Closes the image and the source it was opened on; closing twice does nothing. */
  @Override
  void close() throws IOException;

  /**
   * The check {@link #readFully} starts with.
   *
   * @throws IllegalArgumentException if the range is not inside the disk
   */
  default void checkRange(long offset, long length) {
    if (offset < 0 || length < 0 || offset > virtualSize() - length) {
      throw new IllegalArgumentException(
          "%d bytes at %d are outside of a disk of %d bytes"
              .formatted(length, offset, virtualSize()));
    }
  }

  /**
   * The check {@link #extentAt} and {@link #plannedExtentAt} start with.
   *
   * @return the longest extent that may be returned: {@code maxLength}, or less at the disk's end
   * @throws IllegalArgumentException if the arguments are out of range
   */
  default long checkExtent(long offset, long maxLength) {
    if (offset < 0 || offset >= virtualSize() || maxLength < 1) {
      throw new IllegalArgumentException(
          "extent at %d, up to %d bytes, of a disk of %d bytes"
              .formatted(offset, maxLength, virtualSize()));
    }
    return Math.min(maxLength, virtualSize() - offset);
  }
}
