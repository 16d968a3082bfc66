package io.vmferry.disk.ova;

import io.vmferry.disk.io.ByteSource;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Counts what is read of another source. */
final class CountingSource implements ByteSource {
  private final ByteSource source;
  private int reads;
  private long bytes;
  private boolean closed;

  CountingSource(ByteSource source) {
    this.source = source;
  }

  int reads() {
    return reads;
  }

  long bytes() {
    return bytes;
  }

  boolean closed() {
    return closed;
  }

  @Override
  public String name() {
    return source.name();
  }

  @Override
  public long size() {
    return source.size();
  }

  @Override
  public void readFully(long position, ByteBuffer destination) throws IOException {
    reads++;
    bytes += destination.remaining();
    source.readFully(position, destination);
  }

  @Override
  public void close() throws IOException {
    closed = true;
    source.close();
  }
}
