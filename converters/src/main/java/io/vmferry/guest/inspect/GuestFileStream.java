package io.vmferry.guest.inspect;

import io.vmferry.guest.GuestFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;

/** A guest's file as a stream that knows its position and can go to another. */
final class GuestFileStream extends InputStream {
  private static final int BUFFER = 1 << 20;

  private final GuestFiles files;
  private final String path;
  private final long size;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER).limit(0);
  private long bufferAt;
  private long marked;

  /** A stream of the first {@code size} bytes of a regular file. */
  GuestFileStream(GuestFiles files, String path, long size) {
    this.files = files;
    this.path = path;
    this.size = size;
  }

  long position() {
    return bufferAt + buffer.position();
  }

  long left() {
    return size - position();
  }

  void seek(long position) {
    if (position >= bufferAt && position <= bufferAt + buffer.limit()) {
      buffer.position((int) (position - bufferAt));
    } else {
      bufferAt = position;
      buffer.position(0).limit(0);
    }
  }

  @Override
  public int read() throws IOException {
    return fill() ? Byte.toUnsignedInt(buffer.get()) : -1;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    if (!fill()) {
      return -1;
    }
    int count = Math.min(length, buffer.remaining());
    buffer.get(bytes, offset, count);
    return count;
  }

  @Override
  public long skip(long count) {
    long skipped = Math.max(0, Math.min(count, left()));
    seek(position() + skipped);
    return skipped;
  }

  @Override
  public int available() {
    return buffer.remaining();
  }

  @Override
  public boolean markSupported() {
    return true;
  }

  @Override
  public synchronized void mark(int limit) {
    marked = position();
  }

  @Override
  public synchronized void reset() {
    seek(marked);
  }

  private boolean fill() throws IOException {
    if (buffer.hasRemaining()) {
      return true;
    }
    long at = position();
    if (at >= size) {
      return false;
    }
    buffer.clear().limit((int) Math.min(BUFFER, size - at));
    bufferAt = at;
    int count = files.read(path, at, buffer);
    buffer.position(0).limit(Math.max(0, count));
    return count > 0;
  }
}
