package io.vmferry.disk.io;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Reads the structures of a disk format and says which one is cut off when the file ends too early.
 *
 * <p>Every read is bounded by the caller before anything is allocated: {@code length} is at most
 * {@link #MAX_LENGTH}.
 */
public final class StructureReader {
  /** The most one structure may take: 16 MiB. */
  public static final int MAX_LENGTH = 16 << 20;

  private final ByteSource source;
  private final ByteOrder order;

  /** Reads {@code source} with the byte order of its format. */
  public StructureReader(ByteSource source, ByteOrder order) {
    this.source = source;
    this.order = order;
  }

  /**
   * Reads {@code length} bytes at {@code offset}; the buffer returned is at position 0 and in the
   * format's byte order.
   *
   * @param structure what is read, for the message: "VHD footer"
   * @throws VmferryException {@link ErrorCode#IMAGE_TRUNCATED} if the file ends before the
   *     structure does
   * @throws IOException if the source cannot be read
   */
  public ByteBuffer read(String structure, long offset, int length) throws IOException {
    if (length < 0 || length > MAX_LENGTH) {
      throw new IllegalArgumentException("%s of %d bytes".formatted(structure, length));
    }
    if (offset < 0 || offset > source.size() - length) {
      throw new VmferryException(
          ErrorCode.IMAGE_TRUNCATED,
          "%s: the %s takes %d bytes at offset %d, but the file has %d bytes"
              .formatted(source.name(), structure, length, offset, source.size()));
    }
    ByteBuffer buffer = ByteBuffer.allocate(length).order(order);
    source.readFully(offset, buffer);
    return buffer.flip();
  }
}
