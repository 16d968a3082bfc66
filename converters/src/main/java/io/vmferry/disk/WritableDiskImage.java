package io.vmferry.disk;

import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A disk that can also be written. Safe for use by many threads at once: writes of ranges that
 * overlap happen one after the other, block by block; what was written is seen by every read that
 * starts after the write has returned.
 */
public interface WritableDiskImage extends DiskImage {

  /**
   * Writes the buffer's bytes, from its position to its limit, at {@code offset}.
   *
   * @param offset 0 to {@link #virtualSize()} less the bytes written; any byte
   * @throws IllegalArgumentException if the range is not inside the disk
   * @throws VmferryException if the disk takes no more, or its image is damaged
   * @throws IOException if a file cannot be read or written
   */
  void write(long offset, ByteBuffer bytes) throws IOException;

  /**
   * Makes a range read as zeros.
   *
   * @throws IllegalArgumentException if the range is not inside the disk
   * @throws VmferryException as for {@link #write}
   * @throws IOException as for {@link #write}
   */
  void writeZeroes(long offset, long length) throws IOException;

  /**
   * Says that a range's content is of no use any more. What it reads as afterwards is not promised,
   * but it stays the same until it is written again.
   *
   * @throws IllegalArgumentException if the range is not inside the disk
   * @throws IOException as for {@link #write}
   */
  void trim(long offset, long length) throws IOException;

  /**
   * Returns when all that was written would outlive whatever the disk itself outlives.
   *
   * @throws IOException if that fails
   */
  void flush() throws IOException;
}
