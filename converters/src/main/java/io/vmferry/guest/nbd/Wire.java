package io.vmferry.guest.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/** The two directions of a connection. One thread reads; many may send, a message at a time. */
final class Wire {
  private static final int SKIP_BYTES = 64 << 10;

  private final ReadableByteChannel in;
  private final WritableByteChannel out;
  private final ReentrantLock sending = new ReentrantLock();
  private volatile boolean broken;

  Wire(ReadableByteChannel in, WritableByteChannel out) {
    this.in = in;
    this.out = out;
  }

  /**
   * Reads that many bytes.
   *
   * @throws EOFException if the client has gone
   */
  ByteBuffer read(int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    readFully(bytes);
    return bytes.flip();
  }

  void readFully(ByteBuffer destination) throws IOException {
    while (destination.hasRemaining()) {
      if (in.read(destination) < 0) {
        throw new EOFException("the client has gone");
      }
    }
  }

  /** Passes over bytes that are not wanted. */
  void skip(long length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate((int) Math.min(length, SKIP_BYTES));
    long left = length;
    while (left > 0) {
      bytes.clear().limit((int) Math.min(left, bytes.capacity()));
      readFully(bytes);
      left -= bytes.limit();
    }
  }

  /** Sends buffers in one piece, from their positions to their limits. */
  void send(ByteBuffer... message) throws IOException {
    sending.lock();
    try {
      for (ByteBuffer part : message) {
        put(part);
      }
    } finally {
      sending.unlock();
    }
  }

  /**
   * Sends a message that is too long to be held. If a piece of it cannot be made, the message
   * cannot be taken back, and the connection ends.
   */
  void sendPieces(ByteBuffer header, PieceSource pieces) throws IOException {
    sending.lock();
    try {
      put(header);
      boolean complete = false;
      try {
        for (Optional<ByteBuffer> piece = pieces.next(); piece.isPresent(); piece = pieces.next()) {
          put(piece.get());
        }
        complete = true;
      } finally {
        if (!complete) {
          abort();
        }
      }
    } finally {
      sending.unlock();
    }
  }

  private void put(ByteBuffer bytes) throws IOException {
    boolean sent = false;
    try {
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      sent = true;
    } finally {
      broken |= !sent;
    }
  }

  /** Whether the client gets nothing any more. */
  boolean isBroken() {
    return broken;
  }

  /** Ends the connection: the client must not wait for what does not come. */
  void abort() throws IOException {
    broken = true;
    out.close();
    in.close();
  }

  /** Makes the pieces of a long message; empty at its end. */
  @FunctionalInterface
  interface PieceSource {
    Optional<ByteBuffer> next() throws IOException;
  }
}
