package io.vmferry.disk.ova;

import static io.vmferry.disk.ova.TarHeader.BLOCK;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.io.StructureReader;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * Finds the members of a tar archive by reading its headers and nothing else: ustar, GNU and pax.
 *
 * <p>What is stored in a way that readers understand differently is refused rather than guessed:
 * sparse members, several members of one name, links and devices that claim to have data.
 */
final class TarScanner {
  /** The most headers an archive may have: no machine has as many files. */
  static final int MAX_HEADERS = 1024;

  /** The most bytes that are read of an extended header or a long name. */
  private static final int MAX_EXTENSION = 256 << 10;

  private static final int MAX_NAME = 4096;

  /**
   * How much is read at a time: the OVF and the manifest before the first disk's header, mostly.
   */
  private static final int WINDOW = 32 << 10;

  private final ByteSource source;
  private final StructureReader reader;
  private final Map<String, OvaArchive.Member> members = new LinkedHashMap<>();
  private final PaxRecords pax = new PaxRecords();
  private Optional<String> longName = Optional.empty();
  private ByteBuffer window = ByteBuffer.allocate(0);
  private long windowAt;

  private TarScanner(ByteSource source) {
    this.source = source;
    this.reader = new StructureReader(source, ByteOrder.BIG_ENDIAN);
  }

  /**
   * The archive's regular members, in their order.
   *
   * @throws VmferryException {@link ErrorCode#OVA_TAR_INVALID}, {@link
   *     ErrorCode#OVA_MEMBER_NAME_UNSAFE}, {@link ErrorCode#IMAGE_TRUNCATED}
   * @throws IOException if the source cannot be read
   */
  static Collection<OvaArchive.Member> scan(ByteSource source) throws IOException {
    TarScanner scanner = new TarScanner(source);
    scanner.scan();
    return scanner.members.values();
  }

  private void scan() throws IOException {
    long offset = 0;
    int headers = 0;
    for (Optional<TarHeader> header = headerAt(0); header.isPresent(); header = headerAt(offset)) {
      headers++;
      if (headers > MAX_HEADERS) {
        throw invalid(offset, "there are more than %d tar headers".formatted(MAX_HEADERS));
      }
      offset = take(header.get(), offset);
    }
    if (headers == 0) {
      throw invalid(0, "there is no tar header");
    }
    if (longName.isPresent() || pax.isPending()) {
      throw invalid(offset, "the archive ends after an extended header, before its member");
    }
  }

  /** The header at an offset; empty at the archive's end, with or without its blocks of zeros. */
  private Optional<TarHeader> headerAt(long offset) throws IOException {
    if (offset >= source.size()) {
      return Optional.empty();
    }
    int length = (int) Math.min(BLOCK, source.size() - offset);
    byte[] block = read("tar header", offset, length);
    if (TarHeader.isZero(block)) {
      return Optional.empty();
    }
    if (length < BLOCK) {
      // Never fits: says what is missing.
      reader.read("tar header", offset, BLOCK);
    }
    return Optional.of(TarHeader.parse(block, where(offset)));
  }

  /** Takes in one header with what belongs to it; returns the next header's offset. */
  private long take(TarHeader header, long offset) throws IOException {
    return switch (header.type()) {
      case '0', '\0', '7' -> takeFile(header, offset);
      case '1', '2', '3', '4', '5', '6', 'V' -> takeOther(header, offset);
      case 'L' -> {
        longName = Optional.of(nulTerminated(extension(header, offset)));
        yield end(offset, header.size(), header.name());
      }
      // A long target of a link, which is not followed anyway.
      case 'K' -> end(offset, header.size(), header.name());
      case 'x', 'X' -> {
        pax.addNext(extension(header, offset), where(offset));
        yield end(offset, header.size(), header.name());
      }
      case 'g' -> {
        pax.addGlobal(extension(header, offset), where(offset));
        yield end(offset, header.size(), header.name());
      }
      case 'S' -> throw sparse(offset, header.name());
      default ->
          throw invalid(
              offset,
              "member '%s' has the unknown type 0x%02x"
                  .formatted(Messages.shorten(header.name()), (int) header.type()));
    };
  }

  private long takeFile(TarHeader header, long offset) throws IOException {
    String name = safeName(header, offset);
    long size = size(header, offset);
    boolean sparse = pax.isSparse();
    endEntry();
    if (sparse) {
      throw sparse(offset, name);
    }
    // In archives older than the type for directories, the name ends with a slash.
    if (name.endsWith("/") || name.isEmpty()) {
      checkNoData(name, size, offset);
      return offset + BLOCK;
    }
    long next = end(offset, size, name);
    OvaArchive.Member member = new OvaArchive.Member(name, offset + BLOCK, size);
    if (members.putIfAbsent(name, member) != null) {
      throw invalid(offset, "there are two members named '%s'".formatted(Messages.shorten(name)));
    }
    return next;
  }

  /** Directories, links, devices and labels: nothing of an OVA is in them. */
  private long takeOther(TarHeader header, long offset) {
    String name = safeName(header, offset);
    checkNoData(name, size(header, offset), offset);
    endEntry();
    return offset + BLOCK;
  }

  private void checkNoData(String name, long size, long offset) {
    if (size != 0) {
      throw invalid(
          offset,
          "member '%s' is no regular file, yet has %d bytes of data"
              .formatted(Messages.shorten(name), size));
    }
  }

  private void endEntry() {
    pax.endEntry();
    longName = Optional.empty();
  }

  private String safeName(TarHeader header, long offset) {
    String name = pax.path().or(() -> longName).orElse(header.name());
    if (name.length() > MAX_NAME) {
      throw invalid(offset, "a member's name has %d characters".formatted(name.length()));
    }
    if (FileNames.isUnsafe(name)) {
      throw new VmferryException(
          ErrorCode.OVA_MEMBER_NAME_UNSAFE,
          "%s: the member is named '%s'".formatted(where(offset), Messages.shorten(name)));
    }
    String normal = FileNames.normalize(name);
    return normal.equals(".") ? "" : normal;
  }

  private long size(TarHeader header, long offset) {
    return pax.size(where(offset)).orElse(header.size());
  }

  /** The offset behind a member's data and padding, once the data is known to be all there. */
  private long end(long offset, long size, String name) {
    long dataAt = offset + BLOCK;
    if (size > source.size() - dataAt) {
      throw new VmferryException(
          ErrorCode.IMAGE_TRUNCATED,
          "%s: member '%s' takes %d bytes at offset %d, but the file has %d bytes"
              .formatted(source.name(), Messages.shorten(name), size, dataAt, source.size()));
    }
    return dataAt + Math.ceilDiv(size, BLOCK) * BLOCK;
  }

  private byte[] extension(TarHeader header, long offset) throws IOException {
    if (header.size() > MAX_EXTENSION) {
      throw invalid(
          offset,
          "an extended header has %d bytes; at most %d are read"
              .formatted(header.size(), MAX_EXTENSION));
    }
    return read("extended tar header", offset + BLOCK, (int) header.size());
  }

  private byte[] read(String structure, long offset, int length) throws IOException {
    if (offset < windowAt || offset + length > windowAt + window.capacity()) {
      int ahead = (int) Math.min(WINDOW, source.size() - offset);
      window = reader.read(structure, offset, Math.max(length, ahead));
      windowAt = offset;
    }
    byte[] bytes = new byte[length];
    window.get((int) (offset - windowAt), bytes);
    return bytes;
  }

  private static String nulTerminated(byte[] bytes) {
    String text = Texts.decode(bytes);
    int nul = text.indexOf('\0');
    return nul < 0 ? text : text.substring(0, nul);
  }

  private String where(long offset) {
    return "%s, offset %d".formatted(source.name(), offset);
  }

  private VmferryException invalid(long offset, String what) {
    return new VmferryException(ErrorCode.OVA_TAR_INVALID, where(offset) + ": " + what);
  }

  private VmferryException sparse(long offset, String name) {
    return invalid(
        offset,
        "member '%s' is stored as a sparse file, which an OVA may not have"
            .formatted(Messages.shorten(name)));
  }
}
