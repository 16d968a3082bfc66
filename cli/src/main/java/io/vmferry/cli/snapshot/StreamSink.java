package io.vmferry.cli.snapshot;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** A volume as a stream: zeros are written out. */
public final class StreamSink implements BlockSink {
  private static final byte[] ZEROS = new byte[64 << 10];

  private final OutputStream output;
  private final byte[] copy = new byte[64 << 10];
  private long written;

  /** A sink that leaves the stream open when it is closed. */
  public StreamSink(OutputStream output) {
    this.output = output;
  }

  @Override
  public void write(long offset, ByteBuffer bytes) throws IOException {
    zerosUpTo(offset);
    ByteBuffer rest = bytes.duplicate();
    while (rest.hasRemaining()) {
      int count = Math.min(rest.remaining(), copy.length);
      rest.get(copy, 0, count);
      output.write(copy, 0, count);
    }
    written += bytes.remaining();
  }

  @Override
  public void finish(long size) throws IOException {
    zerosUpTo(size);
    output.flush();
  }

  @Override
  public void close() throws IOException {
    output.flush();
  }

  private void zerosUpTo(long offset) throws IOException {
    if (offset < written) {
      throw new IllegalArgumentException(
          "offset %d comes after %d bytes were written".formatted(offset, written));
    }
    while (written < offset) {
      int count = (int) Math.min(ZEROS.length, offset - written);
      output.write(ZEROS, 0, count);
      written += count;
    }
  }
}
