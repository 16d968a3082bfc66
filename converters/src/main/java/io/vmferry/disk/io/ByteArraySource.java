package io.vmferry.disk.io;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Bytes already in memory: small members of archives, and tests. */
public final class ByteArraySource implements ByteSource {
  private final String name;
  private final byte[] bytes;

  /**
   * A source over {@code bytes}, which must not be changed afterwards.
   *
   * @param name for messages
   */
  public ByteArraySource(String name, byte[] bytes) {
    this.name = name;
    this.bytes = bytes;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long size() {
    return bytes.length;
  }

  @Override
  public void readFully(long position, ByteBuffer destination) throws IOException {
    checkRange(position, destination.remaining());
    destination.put(bytes, (int) position, destination.remaining());
  }

  @Override
  public void close() {}
}
