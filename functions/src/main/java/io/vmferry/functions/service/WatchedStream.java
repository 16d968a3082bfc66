package io.vmferry.functions.service;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.function.LongConsumer;

/** A stream that tells, for every MiB and at its end, how many bytes were read. */
final class WatchedStream extends FilterInputStream {
  private static final long EVERY = 1 << 20;

  private final LongConsumer watch;
  private long read;
  private long next = EVERY;

  WatchedStream(InputStream in, LongConsumer watch) {
    super(in);
    this.watch = watch;
  }

  @Override
  public int read() throws IOException {
    int value = in.read();
    tell(value < 0 ? -1 : 1);
    return value;
  }

  @Override
  public int read(byte[] destination, int offset, int length) throws IOException {
    int count = in.read(destination, offset, length);
    tell(count);
    return count;
  }

  private void tell(int count) {
    read += Math.max(0, count);
    if (count < 0 || read >= next) {
      next = read + EVERY;
      watch.accept(read);
    }
  }

  @Override
  public boolean markSupported() {
    return false;
  }
}
