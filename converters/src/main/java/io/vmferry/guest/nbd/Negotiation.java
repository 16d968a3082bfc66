package io.vmferry.guest.nbd;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The handshake of one connection ("Fixed newstyle negotiation"): answers options until one chooses
 * an export, or the client gives up.
 */
final class Negotiation {
  /** The longest option that is looked at; one may hold a name of 4096 bytes and some queries. */
  private static final int MAX_OPTION_BYTES = 16 << 10;

  private static final int EXPORT_NAME_PADDING = 124;

  private final Wire wire;
  private final List<NbdExport> exports;
  private boolean noZeroes;
  private boolean structuredReplies;

  /** The export whose {@code base:allocation} was chosen; null if none. */
  private @Nullable NbdExport withAllocation;

  Negotiation(Wire wire, List<NbdExport> exports) {
    this.wire = wire;
    this.exports = exports;
  }

  /**
   * What was agreed on.
   *
   * @param structuredReplies whether reads are answered in chunks
   * @param allocation whether the client may ask for {@code base:allocation}
   */
  record Agreed(NbdExport export, boolean structuredReplies, boolean allocation) {}

  /**
   * Negotiates; empty if the client gave up, or asked for what cannot be answered but by leaving.
   */
  Optional<Agreed> run() throws IOException {
    wire.send(
        ByteBuffer.allocate(18)
            .putLong(Protocol.MAGIC)
            .putLong(Protocol.OPTION_MAGIC)
            .putShort((short) (Protocol.FIXED_NEWSTYLE | Protocol.NO_ZEROES))
            .flip());
    int flags = wire.read(Integer.BYTES).getInt();
    if ((flags & ~(Protocol.FIXED_NEWSTYLE | Protocol.NO_ZEROES)) != 0) {
      return Optional.empty();
    }
    noZeroes = (flags & Protocol.NO_ZEROES) != 0;
    while (true) {
      ByteBuffer header = wire.read(16);
      if (header.getLong() != Protocol.OPTION_MAGIC) {
        return Optional.empty();
      }
      int option = header.getInt();
      long length = Integer.toUnsignedLong(header.getInt());
      if (length > MAX_OPTION_BYTES) {
        if (option == Protocol.OPT_EXPORT_NAME) {
          return Optional.empty();
        }
        wire.skip(length);
        refuse(option, Protocol.REP_ERR_TOO_BIG, "the option has " + length + " bytes");
        continue;
      }
      ByteBuffer data = wire.read((int) length);
      switch (option) {
        case Protocol.OPT_EXPORT_NAME -> {
          return exportName(data);
        }
        case Protocol.OPT_ABORT -> {
          reply(option, Protocol.REP_ACK);
          return Optional.empty();
        }
        case Protocol.OPT_INFO, Protocol.OPT_GO -> {
          Optional<NbdExport> chosen = info(option, data);
          if (option == Protocol.OPT_GO && chosen.isPresent()) {
            return chosen.map(this::agreed);
          }
        }
        case Protocol.OPT_LIST -> list(data);
        case Protocol.OPT_STRUCTURED_REPLY -> structuredReply(data);
        case Protocol.OPT_LIST_META_CONTEXT, Protocol.OPT_SET_META_CONTEXT ->
            metaContext(option, data);
        case Protocol.OPT_STARTTLS ->
            refuse(option, Protocol.REP_ERR_POLICY, "a local socket needs no TLS");
        default -> refuse(option, Protocol.REP_ERR_UNSUP, "unknown option");
      }
    }
  }

  private Agreed agreed(NbdExport export) {
    return new Agreed(export, structuredReplies, export.equals(withAllocation));
  }

  /** The option that has no error reply: an unknown name ends the connection. */
  private Optional<Agreed> exportName(ByteBuffer data) throws IOException {
    Optional<NbdExport> export = find(text(data));
    if (export.isPresent()) {
      ByteBuffer answer =
          ByteBuffer.allocate(Long.BYTES + Short.BYTES + EXPORT_NAME_PADDING)
              .putLong(export.get().image().virtualSize())
              .putShort(export.get().flags());
      wire.send(noZeroes ? answer.flip() : answer.rewind());
    }
    return export.map(this::agreed);
  }

  private void list(ByteBuffer data) throws IOException {
    if (data.hasRemaining()) {
      refuse(Protocol.OPT_LIST, Protocol.REP_ERR_INVALID, "the option takes no data");
      return;
    }
    for (NbdExport export : exports) {
      byte[] name = export.name().getBytes(StandardCharsets.UTF_8);
      ByteBuffer answer = ByteBuffer.allocate(Integer.BYTES + name.length);
      reply(Protocol.OPT_LIST, Protocol.REP_SERVER, answer.putInt(name.length).put(name).flip());
    }
    reply(Protocol.OPT_LIST, Protocol.REP_ACK);
  }

  private void structuredReply(ByteBuffer data) throws IOException {
    if (data.hasRemaining()) {
      refuse(Protocol.OPT_STRUCTURED_REPLY, Protocol.REP_ERR_INVALID, "the option takes no data");
      return;
    }
    structuredReplies = true;
    reply(Protocol.OPT_STRUCTURED_REPLY, Protocol.REP_ACK);
  }

  /** Answers INFO and GO; empty if the export is not known or the option is malformed. */
  private Optional<NbdExport> info(int option, ByteBuffer data) throws IOException {
    Optional<String> name = string(data);
    int count = data.remaining() >= Short.BYTES ? Short.toUnsignedInt(data.getShort()) : -1;
    if (name.isEmpty() || count < 0 || data.remaining() != count * Short.BYTES) {
      refuse(option, Protocol.REP_ERR_INVALID, "the option's lengths do not fit together");
      return Optional.empty();
    }
    Optional<NbdExport> found = find(name.get());
    if (found.isEmpty()) {
      refuse(option, Protocol.REP_ERR_UNKNOWN, "no such export");
      return Optional.empty();
    }
    NbdExport export = found.get();
    boolean wantsName = false;
    while (data.hasRemaining()) {
      wantsName |= data.getShort() == Protocol.INFO_NAME;
    }
    reply(
        option,
        Protocol.REP_INFO,
        ByteBuffer.allocate(12)
            .putShort(Protocol.INFO_EXPORT)
            .putLong(export.image().virtualSize())
            .putShort(export.flags())
            .flip());
    reply(
        option,
        Protocol.REP_INFO,
        ByteBuffer.allocate(14)
            .putShort(Protocol.INFO_BLOCK_SIZE)
            .putInt(Protocol.MIN_BLOCK)
            .putInt(Protocol.PREFERRED_BLOCK)
            .putInt(Protocol.MAX_BLOCK)
            .flip());
    if (wantsName) {
      byte[] bytes = export.name().getBytes(StandardCharsets.UTF_8);
      ByteBuffer answer = ByteBuffer.allocate(Short.BYTES + bytes.length);
      reply(option, Protocol.REP_INFO, answer.putShort(Protocol.INFO_NAME).put(bytes).flip());
    }
    reply(option, Protocol.REP_ACK);
    return found;
  }

  private void metaContext(int option, ByteBuffer data) throws IOException {
    boolean setting = option == Protocol.OPT_SET_META_CONTEXT;
    if (setting) {
      withAllocation = null;
    }
    Optional<String> name = string(data);
    long queries = data.remaining() >= Integer.BYTES ? Integer.toUnsignedLong(data.getInt()) : -1;
    boolean wanted = queries == 0 && !setting;
    boolean valid = name.isPresent() && queries >= 0 && (structuredReplies || !setting);
    // Each query takes bytes of the option, so this ends however many are promised.
    for (long i = 0; valid && i < queries; i++) {
      Optional<String> query = string(data);
      valid = query.isPresent();
      wanted |= query.filter(text -> isAllocation(text, setting)).isPresent();
    }
    if (!valid || data.hasRemaining()) {
      refuse(option, Protocol.REP_ERR_INVALID, "malformed, or without structured replies");
      return;
    }
    Optional<NbdExport> export = name.flatMap(this::find);
    if (export.isEmpty()) {
      refuse(option, Protocol.REP_ERR_UNKNOWN, "no such export");
      return;
    }
    if (wanted) {
      byte[] context = Protocol.BASE_ALLOCATION.getBytes(StandardCharsets.UTF_8);
      ByteBuffer answer = ByteBuffer.allocate(Integer.BYTES + context.length);
      answer.putInt(setting ? Protocol.BASE_ALLOCATION_ID : 0).put(context).flip();
      reply(option, Protocol.REP_META_CONTEXT, answer);
      if (setting) {
        withAllocation = export.get();
      }
    }
    reply(option, Protocol.REP_ACK);
  }

  private static boolean isAllocation(String query, boolean setting) {
    return query.equals(Protocol.BASE_ALLOCATION) || (!setting && query.equals("base:"));
  }

  /** A string behind its length; empty if there are not as many bytes. */
  private static Optional<String> string(ByteBuffer data) {
    if (data.remaining() < Integer.BYTES) {
      return Optional.empty();
    }
    int length = data.getInt();
    if (length < 0 || length > data.remaining()) {
      return Optional.empty();
    }
    String value = text(data.slice(data.position(), length));
    data.position(data.position() + length);
    return Optional.of(value);
  }

  private static String text(ByteBuffer data) {
    return StandardCharsets.UTF_8.decode(data).toString();
  }

  private Optional<NbdExport> find(String name) {
    if (name.isEmpty()) {
      return exports.stream().findFirst();
    }
    return exports.stream().filter(export -> export.name().equals(name)).findFirst();
  }

  private void refuse(int option, int error, String reason) throws IOException {
    reply(option, error, StandardCharsets.UTF_8.encode(reason));
  }

  private void reply(int option, int type) throws IOException {
    reply(option, type, ByteBuffer.allocate(0));
  }

  private void reply(int option, int type, ByteBuffer data) throws IOException {
    wire.send(
        ByteBuffer.allocate(20)
            .putLong(Protocol.OPTION_REPLY_MAGIC)
            .putInt(option)
            .putInt(type)
            .putInt(data.remaining())
            .flip(),
        data);
  }
}
