package io.vmferry.disk.io;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * Immutable bytes that can be read at any position: a file, an object in S3, a resource behind
 * HTTPS, a member of an archive.
 *
 * <p>Implementations are safe for use by many threads at once and keep no position. A source never
 * changes while it is open; an implementation that notices a change fails the read and never
 * returns mixed content.
 */
public interface ByteSource extends Closeable {

  /**
   * What the source is, for messages: a path, {@code s3://bucket/key}, a member's name. Never holds
   * credentials.
   */
  String name();

  /** The source's length in bytes, at least 0. Known from opening on; costs no I/O. */
  long size();

  /**
   * Fills {@code destination} from its position to its limit with the bytes starting at {@code
   * position}.
   *
   * @param position first byte to read, 0 to {@link #size()}
   * @param destination filled completely on return; on failure its content and position are
   *     undefined
   * @throws IllegalArgumentException if {@code position} is negative
   * @throws EOFException if the range ends beyond {@link #size()}; nothing is read then
   * @throws IOException if reading fails
   */
  void readFully(long position, ByteBuffer destination) throws IOException;

  /** Releases what the source holds; closing twice does nothing. */
  @Override
  void close() throws IOException;

  /**
   * The check every implementation starts {@link #readFully} with.
   *
   * @throws IllegalArgumentException if {@code position} is negative
   * @throws EOFException if {@code position + length} exceeds {@link #size()}
   */
  default void checkRange(long position, int length) throws EOFException {
    if (position < 0) {
      throw new IllegalArgumentException("negative position " + position);
    }
    if (position > size() - length) {
      throw new EOFException(
          "%s: %d bytes at offset %d end beyond the size of %d bytes"
              .formatted(name(), length, position, size()));
    }
  }
}
