package io.vmferry.functions.aws;

import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Objects;
import software.amazon.awssdk.core.sync.RequestBody;

/** Request bodies over buffers, read where they are: nothing is copied, and each retry can read. */
final class ByteBufferBody {
  private ByteBufferBody() {}

  /** The buffer's remaining bytes; it must not change until the call has returned. */
  static RequestBody of(ByteBuffer content) {
    ByteBuffer pinned = content.slice();
    return RequestBody.fromContentProvider(
        () -> new BufferStream(pinned.duplicate()), pinned.remaining(), "application/octet-stream");
  }

  private static final class BufferStream extends InputStream {
    private final ByteBuffer rest;

    BufferStream(ByteBuffer rest) {
      this.rest = rest.mark();
    }

    @Override
    public int read() {
      return rest.hasRemaining() ? rest.get() & 0xff : -1;
    }

    @Override
    public int read(byte[] destination, int offset, int length) {
      Objects.checkFromIndexSize(offset, length, destination.length);
      if (length == 0) {
        return 0;
      }
      if (!rest.hasRemaining()) {
        return -1;
      }
      int count = Math.min(length, rest.remaining());
      rest.get(destination, offset, count);
      return count;
    }

    @Override
    public long skip(long count) {
      int skipped = Math.clamp(count, 0, rest.remaining());
      rest.position(rest.position() + skipped);
      return skipped;
    }

    @Override
    public int available() {
      return rest.remaining();
    }

    @Override
    public synchronized void mark(int limit) {
      rest.mark();
    }

    @Override
    public synchronized void reset() {
      rest.reset();
    }

    @Override
    public boolean markSupported() {
      return true;
    }
  }
}
