package io.vmferry.disk.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.AtomicLong;

/** Counts what is read from a source. */
public final class CountingByteSource implements ByteSource {
  private final ByteSource source;
  private final AtomicLong calls = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();

  /** Counts the reads of {@code source}. */
  public CountingByteSource(ByteSource source) {
    this.source = source;
  }

  /** How often something was read. */
  public long calls() {
    return calls.get();
  }

  /** How many bytes were read. */
  public long bytes() {
    return bytes.get();
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
    calls.incrementAndGet();
    bytes.addAndGet(destination.remaining());
    source.readFully(position, destination);
  }

  @Override
  public void close() throws IOException {
    source.close();
  }
}
