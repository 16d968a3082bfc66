package io.vmferry.guest.linux.boot;

import io.vmferry.guest.FileStatus;
import io.vmferry.guest.GuestFiles;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.GZIPInputStream;

/**
 * How an initramfs file is put together: cpio archives one behind the other, zeros between them,
 * the last usually compressed. Only headers are read, nothing is unpacked.
 *
 * @param size the file's bytes
 * @param ending what the last archive is
 */
record InitramfsFile(long size, Ending ending) {
  /** Entries after which a file counts as hostile. */
  private static final int MAX_ENTRIES = 500_000;

  private static final int MAX_NAME = 4096;
  private static final int WINDOW = 64 << 10;

  /** What the last archive of a file is. */
  enum Ending {
    /** A cpio archive, or one compressed so that its end can be told: anything may follow. */
    OPEN,
    /**
     * Compressed with LZ4 in its old format, which has no end. Kernels before 5.11 take what
     * follows it, zeros too, for its next block.
     */
    LZ4,
    /** No initramfs: a file system image of old days, a unified kernel image, or damaged. */
    NONE
  }

  /**
   * Looks at a file.
   *
   * @param path of a regular file
   * @throws IOException if the guest's file system is damaged
   */
  static InitramfsFile read(GuestFiles files, String path) throws IOException {
    FileStatus status = files.status(path).orElseThrow();
    if (!status.isRegular()) {
      return new InitramfsFile(status.size(), Ending.NONE);
    }
    return new InitramfsFile(status.size(), new Scan(files, path, status.size()).ending());
  }

  /** The file's last bytes; fewer if it is shorter. */
  static byte[] tail(GuestFiles files, String path, long size, int bytes) throws IOException {
    ByteBuffer tail = ByteBuffer.allocate((int) Math.min(size, bytes));
    files.read(path, size - tail.capacity(), tail);
    return tail.array();
  }

  /** A walk over the headers, through a window that is read at once. */
  private static final class Scan {
    private final GuestFiles files;
    private final String path;
    private final long size;
    private final ByteBuffer window = ByteBuffer.allocate(WINDOW).limit(0);
    private long windowAt;

    Scan(GuestFiles files, String path, long size) {
      this.files = files;
      this.path = path;
      this.size = size;
    }

    Ending ending() throws IOException {
      long at = 0;
      boolean archive = false;
      for (int entries = 0; at < size; entries++) {
        byte[] start = bytes(at, NewcArchive.HEADER_BYTES);
        if (start.length > 0 && start[0] == 0) {
          at = afterZeros(at);
        } else if (isCpio(start) && at % 4 == 0) {
          Optional<Long> next = entries < MAX_ENTRIES ? afterEntry(at, start) : Optional.empty();
          if (next.isEmpty()) {
            return Ending.NONE;
          }
          archive = true;
          at = next.get();
        } else {
          return compressed(at, start);
        }
      }
      return archive ? Ending.OPEN : Ending.NONE;
    }

    private Optional<Long> afterEntry(long at, byte[] header) {
      Optional<Long> fileSize = field(header, 6);
      Optional<Long> nameSize = field(header, 11);
      if (fileSize.isEmpty() || nameSize.isEmpty() || nameSize.get() > MAX_NAME) {
        return Optional.empty();
      }
      long content = align(at + NewcArchive.HEADER_BYTES + nameSize.get());
      long next = content + fileSize.get();
      return next > size ? Optional.empty() : Optional.of(Math.min(size, align(next)));
    }

    private static Optional<Long> field(byte[] header, int index) {
      if (header.length < NewcArchive.HEADER_BYTES) {
        return Optional.empty();
      }
      String hex = new String(header, 6 + index * 8, 8, StandardCharsets.US_ASCII);
      return hex.matches("[0-9A-Fa-f]{8}")
          ? Optional.of(Long.parseLong(hex, 16))
          : Optional.empty();
    }

    private Ending compressed(long at, byte[] start) throws IOException {
      if (startsWith(start, 0x02, 0x21, 0x4c, 0x18)) {
        return Ending.LZ4;
      }
      if (startsWith(start, 0x1f, 0x8b)) {
        // An initrd of old days is a gzipped file system; what follows it is never unpacked.
        return isCpio(gunzipStart(bytes(at, WINDOW))) ? Ending.OPEN : Ending.NONE;
      }
      boolean known =
          startsWith(start, 0xfd, '7', 'z', 'X', 'Z')
              || startsWith(start, 0x28, 0xb5, 0x2f, 0xfd)
              || startsWith(start, 'B', 'Z', 'h')
              || startsWith(start, 0x5d, 0, 0)
              || startsWith(start, 0x89, 'L', 'Z', 'O');
      return known ? Ending.OPEN : Ending.NONE;
    }

    private static byte[] gunzipStart(byte[] compressed) {
      try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(compressed))) {
        return in.readNBytes(NewcArchive.HEADER_BYTES);
      } catch (IOException e) {
        return new byte[0];
      }
    }

    private long afterZeros(long from) throws IOException {
      long at = from;
      while (at < size) {
        byte[] bytes = bytes(at, WINDOW);
        int zeros = 0;
        while (zeros < bytes.length && bytes[zeros] == 0) {
          zeros++;
        }
        at += zeros;
        if (zeros < bytes.length || bytes.length == 0) {
          return at;
        }
      }
      return at;
    }

    private byte[] bytes(long at, int count) throws IOException {
      int wanted = (int) Math.min(count, size - at);
      if (at < windowAt || at + wanted > windowAt + window.limit()) {
        window.clear();
        files.read(path, at, window);
        window.flip();
        windowAt = at;
      }
      int from = (int) (at - windowAt);
      return Arrays.copyOfRange(
          window.array(), from, from + Math.min(wanted, window.limit() - from));
    }

    private static boolean isCpio(byte[] start) {
      return startsWith(start, '0', '7', '0', '7', '0', '1')
          || startsWith(start, '0', '7', '0', '7', '0', '2');
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

    private static long align(long offset) {
      return (offset + 3) / 4 * 4;
    }
  }
}
