package io.vmferry.cli.snapshot;

import java.io.IOException;
import java.nio.ByteBuffer;

/** Takes a volume's content from its start to its end; what is not given is zero. */
public interface BlockSink extends AutoCloseable {

  /**
   * Takes some bytes.
   *
   * @param offset where they are in the volume; never before the end of the bytes given last
   * @param bytes from the position to the limit
   */
  void write(long offset, ByteBuffer bytes) throws IOException;

  /**
   * Ends the volume; nothing is complete before that.
   *
   * @param size its size in bytes
   */
  void finish(long size) throws IOException;

  /**
   * Lets go; without {@link #finish} before, of what was written as well where that is possible.
   */
  @Override
  void close() throws IOException;
}
