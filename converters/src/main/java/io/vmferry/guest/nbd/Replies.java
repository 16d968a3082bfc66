package io.vmferry.guest.nbd;

import io.vmferry.disk.Extent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The replies of one connection, simple or structured as was agreed. */
final class Replies {
  private static final int CHUNK_HEADER_BYTES = 20;
  private static final int MAX_MESSAGE_BYTES = 1024;

  private final Wire wire;
  private final boolean structured;

  Replies(Wire wire, boolean structured) {
    this.wire = wire;
    this.structured = structured;
  }

  boolean structured() {
    return structured;
  }

  /** The whole reply to a command that returns nothing. */
  void done(long cookie) throws IOException {
    simple(cookie, 0);
  }

  /** The header of a simple reply to a read; its bytes must follow at once. */
  static ByteBuffer simpleHeader(long cookie, int error) {
    return ByteBuffer.allocate(16)
        .putInt(Protocol.SIMPLE_REPLY_MAGIC)
        .putInt(error)
        .putLong(cookie)
        .flip();
  }

  private void simple(long cookie, int error) throws IOException {
    wire.send(simpleHeader(cookie, error));
  }

  /** The failure of any command; a read's only if none of its bytes went out in a simple reply. */
  void error(long cookie, int error, String message) throws IOException {
    if (!structured) {
      simple(cookie, error);
      return;
    }
    byte[] text = message.getBytes(StandardCharsets.UTF_8);
    // A cut through a character does no harm: the text is for people.
    byte[] bytes = Arrays.copyOf(text, Math.min(text.length, MAX_MESSAGE_BYTES));
    ByteBuffer body = ByteBuffer.allocate(Integer.BYTES + Short.BYTES + bytes.length);
    body.putInt(error).putShort((short) bytes.length).put(bytes);
    chunk(cookie, true, Protocol.REPLY_TYPE_ERROR, body.flip());
  }

  /** Some of a read's bytes. */
  void data(long cookie, long offset, ByteBuffer bytes, boolean last) throws IOException {
    ByteBuffer start = ByteBuffer.allocate(Long.BYTES).putLong(offset).flip();
    chunk(cookie, last, Protocol.REPLY_TYPE_OFFSET_DATA, start, bytes);
  }

  /** Some of a read's bytes that are zeros. */
  void hole(long cookie, long offset, int length, boolean last) throws IOException {
    ByteBuffer body = ByteBuffer.allocate(12).putLong(offset).putInt(length).flip();
    chunk(cookie, last, Protocol.REPLY_TYPE_OFFSET_HOLE, body);
  }

  /** The end of a read of nothing. */
  void nothing(long cookie) throws IOException {
    chunk(cookie, true, Protocol.REPLY_TYPE_NONE);
  }

  /** The whole reply to a question for the allocation. */
  void allocation(long cookie, Iterable<Extent> extents, int count) throws IOException {
    ByteBuffer body = ByteBuffer.allocate(Integer.BYTES + count * 8);
    body.putInt(Protocol.BASE_ALLOCATION_ID);
    for (Extent extent : extents) {
      int state =
          switch (extent.kind()) {
            case DATA -> 0;
            case ZERO -> Protocol.STATE_ZERO;
            case UNALLOCATED -> Protocol.STATE_HOLE | Protocol.STATE_ZERO;
          };
      body.putInt((int) extent.length()).putInt(state);
    }
    chunk(cookie, true, Protocol.REPLY_TYPE_BLOCK_STATUS, body.flip());
  }

  private void chunk(long cookie, boolean last, int type, ByteBuffer... body) throws IOException {
    ByteBuffer[] message = new ByteBuffer[body.length + 1];
    System.arraycopy(body, 0, message, 1, body.length);
    message[0] =
        ByteBuffer.allocate(CHUNK_HEADER_BYTES)
            .putInt(Protocol.STRUCTURED_REPLY_MAGIC)
            .putShort((short) (last ? Protocol.REPLY_FLAG_DONE : 0))
            .putShort((short) type)
            .putLong(cookie)
            .putInt(Arrays.stream(body).mapToInt(ByteBuffer::remaining).sum())
            .flip();
    wire.send(message);
  }
}
