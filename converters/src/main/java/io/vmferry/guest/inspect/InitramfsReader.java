package io.vmferry.guest.inspect;

import io.airlift.compress.v3.MalformedInputException;
import io.airlift.compress.v3.zstd.ZstdInputStream;
import io.vmferry.guest.FileStatus;
import io.vmferry.guest.GuestFiles;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Predicate;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.gzip.GzipCompressorInputStream;
import org.tukaani.xz.LZMAInputStream;
import org.tukaani.xz.SingleXZInputStream;

/**
 * Lists the kernel modules in an initramfs as the kernel reads one
 * (Documentation/driver-api/early-userspace/buffer-format.rst): newc cpio archives one after the
 * other, each plain or compressed by gzip, bzip2, lzma, xz, lz4 (legacy frames) or Zstandard, with
 * zeros between them. Often the first is plain and holds the processor's microcode.
 *
 * <p>Reads a bounded part of what a hostile one may unpack to: 1 GiB and 200,000 files.
 */
final class InitramfsReader {
  private static final long MAX_BYTES = 1L << 30;
  private static final int MAX_ENTRIES = 200_000;
  private static final int MAX_ARCHIVES = 64;
  private static final int MAX_NAME = 4096;
  private static final int HEADER = 110;
  private static final int MAGIC_BYTES = 6;
  private static final int LZMA_MEMORY_KIB = 128 << 10;
  private static final String TRAILER = "TRAILER!!!";

  private final GuestFileStream file;
  private final Predicate<Set<String>> enough;
  private final Set<String> modules = new HashSet<>();
  private long unpacked;
  private int entries;
  private int padded;

  private InitramfsReader(GuestFileStream file, Predicate<Set<String>> enough) {
    this.file = file;
    this.enough = enough;
  }

  /**
   * The modules of an initramfs by their names, with underscores, without endings: {@code nvme},
   * {@code xen_blkfront}.
   *
   * @param path a regular file
   * @param enough ends the reading early: whether the modules so far are all that matters
   * @throws IOException if it is damaged, larger than the bounds, or in a format not listed above
   */
  static Set<String> modules(GuestFiles files, String path, Predicate<Set<String>> enough)
      throws IOException {
    long size = files.status(path).map(FileStatus::size).orElse(0L);
    try (GuestFileStream stream = new GuestFileStream(files, path, size)) {
      InitramfsReader reader = new InitramfsReader(stream, enough);
      reader.readAll();
      return reader.modules;
    } catch (MalformedInputException | IndexOutOfBoundsException e) {
      // What the libraries throw at damaged data besides IOException.
      throw new IOException("the initramfs is damaged: " + e.getMessage(), e);
    }
  }

  private void readAll() throws IOException {
    for (int i = 0; skipZeros(); i++) {
      if (i == MAX_ARCHIVES) {
        throw new IOException("it has more than %d archives".formatted(MAX_ARCHIVES));
      }
      if (readArchive()) {
        return;
      }
    }
  }

  /** Reads the archive at the file's position and goes to its end; whether that was enough. */
  private boolean readArchive() throws IOException {
    long start = file.position();
    byte[] magic = file.readNBytes(MAGIC_BYTES);
    file.seek(start);
    if (startsWith(magic, '0', '7', '0', '7', '0')) {
      return readCpio(file, false);
    }
    if (startsWith(magic, 0x28, 0xb5, 0x2f, 0xfd)) {
      long end = ZstdFrames.end(file);
      file.seek(start);
      boolean done = readCompressed(new ZstdInputStream(new Bounded(file, end)));
      file.seek(end);
      return done;
    }
    if (startsWith(magic, 0x02, 0x21, 0x4c, 0x18)) {
      return readCompressed(new LegacyLz4Stream(file));
    }
    if (startsWith(magic, 0x1f, 0x8b)) {
      return readCompressed(
          GzipCompressorInputStream.builder()
              .setInputStream(file)
              .setDecompressConcatenated(false)
              .get());
    }
    if (startsWith(magic, 'B', 'Z', 'h')) {
      return readCompressed(new BZip2CompressorInputStream(file, false));
    }
    if (startsWith(magic, 0xfd, '7', 'z', 'X', 'Z', 0)) {
      return readCompressed(new SingleXZInputStream(file, LZMA_MEMORY_KIB));
    }
    if (startsWith(magic, 0x5d, 0, 0)) {
      return readCompressed(new LZMAInputStream(file, LZMA_MEMORY_KIB));
    }
    throw new IOException(
        "at byte %d is neither an archive nor a compression that Linux knows".formatted(start));
  }

  /** Reads the archives in a compressed stream to its end, so that the file is behind it. */
  private boolean readCompressed(InputStream stream) throws IOException {
    // Not closed: that would close the file.
    return readCpio(stream, true);
  }

  /**
   * Reads entries up to a trailer.
   *
   * @param toEnd whether the stream ends with the archive: then zeros and further archives in it
   *     are read, too
   */
  private boolean readCpio(InputStream in, boolean toEnd) throws IOException {
    while (true) {
      byte[] header = in.readNBytes(HEADER);
      count(header.length);
      if (header.length == 0 && toEnd) {
        return false;
      }
      if (toEnd && header[0] == 0) {
        // Padding behind a trailer: to the next archive's magic, or the end.
        return readPadded(in, header);
      }
      if (header.length < HEADER || !startsWith(header, '0', '7', '0', '7', '0')) {
        throw new IOException("there is no header of a cpio entry where one must be");
      }
      long bytes = hex(header, 54);
      int nameBytes = (int) Math.min(hex(header, 94), Integer.MAX_VALUE);
      if (nameBytes < 1 || nameBytes > MAX_NAME) {
        throw new IOException("a name in the archive has %d bytes".formatted(nameBytes));
      }
      byte[] name = in.readNBytes(nameBytes + padding(HEADER + nameBytes));
      count(name.length);
      if (name.length < nameBytes || ++entries > MAX_ENTRIES) {
        throw new IOException(
            "the archive is cut off, or has more than %d files".formatted(MAX_ENTRIES));
      }
      String text = new String(name, 0, nameBytes - 1, StandardCharsets.ISO_8859_1);
      if (text.equals(TRAILER)) {
        if (!toEnd) {
          return false;
        }
        continue;
      }
      add(text);
      if (enough.test(modules)) {
        return true;
      }
      long skip = bytes + padding(bytes);
      count(skip);
      in.skipNBytes(skip);
    }
  }

  private boolean readPadded(InputStream in, byte[] header) throws IOException {
    if (++padded > MAX_ARCHIVES) {
      throw new IOException("it has more than %d archives".formatted(MAX_ARCHIVES));
    }
    int first = 0;
    while (first < header.length && header[first] == 0) {
      first++;
    }
    InputStream rest = in;
    if (first < header.length) {
      byte[] left = Arrays.copyOfRange(header, first, header.length);
      rest = new SequenceInputStream(new ByteArrayInputStream(left), in);
    } else {
      int next = in.read();
      while (next == 0) {
        count(1);
        next = in.read();
      }
      if (next < 0) {
        return false;
      }
      rest = new SequenceInputStream(new ByteArrayInputStream(new byte[] {(byte) next}), in);
    }
    return readCpio(rest, true);
  }

  private void add(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    ModuleNames.moduleName(name).ifPresent(modules::add);
  }

  private void count(long bytes) throws IOException {
    unpacked += bytes;
    if (bytes < 0 || unpacked > MAX_BYTES) {
      throw new IOException("it unpacks to more than %d bytes".formatted(MAX_BYTES));
    }
  }

  private boolean skipZeros() throws IOException {
    while (file.left() > 0) {
      if (file.read() != 0) {
        file.seek(file.position() - 1);
        return true;
      }
    }
    return false;
  }

  private static long hex(byte[] header, int at) throws IOException {
    try {
      return Long.parseLong(new String(header, at, 8, StandardCharsets.ISO_8859_1), 16);
    } catch (NumberFormatException e) {
      throw new IOException("a header in the archive has a number that is none", e);
    }
  }

  private static int padding(long length) {
    return (int) (-length & 3);
  }

  private static boolean startsWith(byte[] bytes, int... magic) {
    if (bytes.length < magic.length) {
      return false;
    }
    for (int i = 0; i < magic.length; i++) {
      if (Byte.toUnsignedInt(bytes[i]) != magic[i]) {
        return false;
      }
    }
    return true;
  }

  /** A file from its position to another, for decompressors that read more than they need. */
  private static final class Bounded extends InputStream {
    private final GuestFileStream file;
    private final long end;

    Bounded(GuestFileStream file, long end) {
      this.file = file;
      this.end = end;
    }

    @Override
    public int read() throws IOException {
      return file.position() < end ? file.read() : -1;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      long left = end - file.position();
      return left <= 0 && length > 0 ? -1 : file.read(bytes, offset, (int) Math.min(length, left));
    }
  }
}
