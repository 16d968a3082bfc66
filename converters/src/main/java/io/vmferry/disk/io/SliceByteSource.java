package io.vmferry.disk.io;

import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A run of another source's bytes: a member of an OVA. Closing a slice leaves the other source
 * open.
 */
public final class SliceByteSource implements ByteSource {
  private final String name;
  private final ByteSource source;
  private final long offset;
  private final long size;

  /**
   * The {@code size} bytes of {@code source} from {@code offset} on.
   *
   * @throws IllegalArgumentException if the slice does not lie inside the source
   */
  public SliceByteSource(String name, ByteSource source, long offset, long size) {
    if (offset < 0 || size < 0 || offset > source.size() - size) {
      throw new IllegalArgumentException(
          "slice of %d bytes at %d outside of %s (%d bytes)"
              .formatted(size, offset, source.name(), source.size()));
    }
    this.name = name;
    this.source = source;
    this.offset = offset;
    this.size = size;
  }

  /** The source the slice lies in. */
  public ByteSource source() {
    return source;
  }

  /** Where the slice's first byte is in {@link #source()}. */
  public long offset() {
    return offset;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void readFully(long position, ByteBuffer destination) throws IOException {
    checkRange(position, destination.remaining());
    source.readFully(offset + position, destination);
  }

  @Override
  public void close() {}
}
