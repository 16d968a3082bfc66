package io.vmferry.local.edge;

import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.Objects;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.eclipse.jetty.util.Callback;
import org.jspecify.annotations.Nullable;

/**
 * A response's body on its way from the handler, which gives one buffer at a time, to the client,
 * which reads. A buffer is handed over as it is, and the handler's write ends once it has been
 * read: so nothing piles up, however large the body is. A small last buffer is kept instead, as a
 * socket would, so that a handler does not wait for a client that reads late.
 */
final class ResponsePipe extends InputStream {
  /** What is kept for the reader of a body's end. */
  private static final int KEPT_BYTES = 16 * 1024;

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private ByteBuffer current = NOTHING;
  private @Nullable Callback writing;
  private boolean ended;
  private @Nullable IOException failure;

  /**
   * Hands a buffer over.
   *
   * @param last whether the body ends with it
   * @param callback is told when it has been read, or that it will not be
   */
  void write(ByteBuffer content, boolean last, Callback callback) {
    IOException broken;
    lock.lock();
    try {
      broken = failure;
      if (broken == null) {
        ended = last;
        if (last && content.remaining() <= KEPT_BYTES) {
          current = ByteBuffer.allocate(content.remaining()).put(content).flip();
        } else if (content.hasRemaining()) {
          current = content;
          writing = callback;
        }
        changed.signalAll();
        if (writing != null) {
          return;
        }
      }
    } finally {
      lock.unlock();
    }
    if (broken == null) {
      callback.succeeded();
    } else {
      callback.failed(broken);
    }
  }

  /** Ends the body with a failure, unless all of it has been read. */
  void fail(IOException cause) {
    Callback waiting;
    lock.lock();
    try {
      if (failure != null || (ended && !current.hasRemaining())) {
        return;
      }
      failure = cause;
      current = NOTHING;
      waiting = takeWriting();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (waiting != null) {
      waiting.failed(cause);
    }
  }

  private @Nullable Callback takeWriting() {
    Callback waiting = writing;
    writing = null;
    return waiting;
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] destination, int offset, int length) throws IOException {
    Objects.checkFromIndexSize(offset, length, destination.length);
    if (length == 0) {
      return 0;
    }
    int count;
    Callback written = null;
    lock.lock();
    try {
      if (!awaitContent()) {
        return -1;
      }
      count = Math.min(length, current.remaining());
      current.get(destination, offset, count);
      if (!current.hasRemaining()) {
        current = NOTHING;
        written = takeWriting();
      }
    } finally {
      lock.unlock();
    }
    if (written != null) {
      written.succeeded();
    }
    return count;
  }

  /** Waits until there is something to read; returns false at the body's end. */
  private boolean awaitContent() throws IOException {
    try {
      while (!current.hasRemaining() && failure == null && !ended) {
        changed.await();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for a response's body");
    }
    if (failure != null) {
      throw new IOException(failure.getMessage(), failure);
    }
    return current.hasRemaining();
  }

  /** Whether the body has been read to its end. */
  boolean isRead() {
    lock.lock();
    try {
      return ended && !current.hasRemaining();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public int available() {
    lock.lock();
    try {
      return current.remaining();
    } finally {
      lock.unlock();
    }
  }

  /** What is left will not be read. */
  @Override
  public void close() {
    fail(new IOException("the client has closed the response"));
  }
}
