package io.vmferry.cli.snapshot;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** A stream sink that closes its stream. */
final class OwnedStreamSink implements BlockSink {
  private final OutputStream output;
  private final StreamSink sink;

  OwnedStreamSink(OutputStream output) {
    this.output = new BufferedOutputStream(output);
    this.sink = new StreamSink(this.output);
  }

  @Override
  public void write(long offset, ByteBuffer bytes) throws IOException {
    sink.write(offset, bytes);
  }

  @Override
  public void finish(long size) throws IOException {
    sink.finish(size);
  }

  @Override
  public void close() throws IOException {
    output.close();
  }
}
