package io.vmferry.guest.nbd;

import java.io.EOFException;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The protocol byte by byte, for what well-behaved clients do not send. */
final class NbdClient implements AutoCloseable {
  private final SocketChannel channel;

  NbdClient(Path socket) throws IOException {
    channel = SocketChannel.open(UnixDomainSocketAddress.of(socket));
  }

  /** The greeting, answered with these client flags. */
  NbdClient greet(int flags) throws IOException {
    read(18);
    send(ByteBuffer.allocate(4).putInt(flags).flip());
    return this;
  }

  /** Fixed newstyle, no zeroes. */
  NbdClient greet() throws IOException {
    return greet(3);
  }

  NbdClient option(int option, byte[] data) throws IOException {
    return option(option, data.length, data);
  }

  NbdClient option(int option, int length, byte[] data) throws IOException {
    ByteBuffer message = ByteBuffer.allocate(16 + data.length);
    send(message.putLong(0x49484156454f5054L).putInt(option).putInt(length).put(data).flip());
    return this;
  }

  /** An answer to an option. */
  record OptionReply(int option, int type, ByteBuffer data) {}

  OptionReply optionReply() throws IOException {
    ByteBuffer header = read(20);
    if (header.getLong() != 0x0003e889045565a9L) {
      throw new IOException("no reply to an option");
    }
    return new OptionReply(header.getInt(), header.getInt(), read(header.getInt()));
  }

  /** The type of the answer after all that is only information. */
  int outcome() throws IOException {
    OptionReply reply = optionReply();
    while (reply.type() > 1) {
      reply = optionReply();
    }
    return reply.type();
  }

  /** The data of GO and INFO. */
  static byte[] choose(String name, int... infos) {
    byte[] bytes = name.getBytes(StandardCharsets.UTF_8);
    ByteBuffer data = ByteBuffer.allocate(6 + bytes.length + 2 * infos.length);
    data.putInt(bytes.length).put(bytes).putShort((short) infos.length);
    for (int info : infos) {
      data.putShort((short) info);
    }
    return data.array();
  }

  /** The data of SET_META_CONTEXT and LIST_META_CONTEXT. */
  static byte[] contexts(String name, String... queries) {
    ByteBuffer data = ByteBuffer.allocate(1000);
    data.putInt(name.length()).put(name.getBytes(StandardCharsets.UTF_8)).putInt(queries.length);
    for (String query : queries) {
      data.putInt(query.length()).put(query.getBytes(StandardCharsets.UTF_8));
    }
    byte[] bytes = new byte[data.position()];
    data.flip().get(bytes);
    return bytes;
  }

  /** Chooses the only export, with simple replies. */
  NbdClient go() throws IOException {
    greet().option(7, choose(""));
    if (outcome() != 1) {
      throw new IOException("the export was refused");
    }
    return this;
  }

  void request(int flags, int type, long cookie, long offset, int length, byte... payload)
      throws IOException {
    ByteBuffer message = ByteBuffer.allocate(28 + payload.length);
    message.putInt(0x25609513).putShort((short) flags).putShort((short) type);
    send(message.putLong(cookie).putLong(offset).putInt(length).put(payload).flip());
  }

  /**
   * A simple reply.
   *
   * @param data what follows it: the bytes of a successful read
   */
  record Reply(int error, long cookie, @Nullable ByteBuffer data) {}

  Reply reply(int expectedBytes) throws IOException {
    ByteBuffer header = read(16);
    if (header.getInt() != 0x67446698) {
      throw new IOException("no simple reply");
    }
    int error = header.getInt();
    long cookie = header.getLong();
    return new Reply(error, cookie, error == 0 && expectedBytes > 0 ? read(expectedBytes) : null);
  }

  /** A chunk of a structured reply. */
  record Chunk(int flags, int type, long cookie, ByteBuffer data) {}

  Chunk chunk() throws IOException {
    ByteBuffer header = read(20);
    if (header.getInt() != 0x668e33ef) {
      throw new IOException("no chunk");
    }
    return new Chunk(
        header.getShort(),
        Short.toUnsignedInt(header.getShort()),
        header.getLong(),
        read(header.getInt()));
  }

  void send(ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }

  ByteBuffer read(int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes) < 0) {
        throw new EOFException("disconnected");
      }
    }
    return bytes.flip();
  }

  /** Whether the server has closed the connection; waits for a byte or the end. */
  boolean isDisconnected() throws IOException {
    try {
      return channel.read(ByteBuffer.allocate(1)) < 0;
    } catch (IOException e) {
      // Closed while bytes were still under way to it.
      return true;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
