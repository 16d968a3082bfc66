package io.vmferry.guest;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * A guest's text file, read whole. Bytes that are not UTF-8 survive: such a file is taken as
 * ISO-8859-1 and written back as it.
 *
 * @param path where it really is, links followed
 * @param text the content, line ends as they are
 * @param charset how to write it back
 * @param status the file's attributes
 */
public record TextFile(String path, String text, Charset charset, FileStatus status) {
  /** The largest text file that is read: 4 MiB; configuration is smaller. */
  public static final int MAX_BYTES = 4 << 20;

  /**
   * Reads a text file, following links inside the guest.
   *
   * @return empty if the path leads to nothing
   * @throws VmferryException {@link ErrorCode#GUEST_FILE_UNREADABLE} if it is no regular file or
   *     larger than {@link #MAX_BYTES}
   * @throws IOException if the file system is damaged
   */
  public static Optional<TextFile> read(GuestFiles files, String path) throws IOException {
    Optional<String> real = GuestPaths.resolve(files, path);
    if (real.isEmpty()) {
      return Optional.empty();
    }
    FileStatus status = files.status(real.get()).orElseThrow();
    if (!status.isRegular() || status.size() > MAX_BYTES) {
      throw new VmferryException(
          ErrorCode.GUEST_FILE_UNREADABLE,
          "%s is %s of %d bytes; a regular file of at most %d was expected"
              .formatted(path, status.type(), status.size(), MAX_BYTES));
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) status.size());
    files.read(real.get(), 0, bytes);
    bytes.flip();
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(bytes.duplicate()).toString();
      return Optional.of(new TextFile(real.get(), text, StandardCharsets.UTF_8, status));
    } catch (CharacterCodingException e) {
      String text = StandardCharsets.ISO_8859_1.decode(bytes).toString();
      return Optional.of(new TextFile(real.get(), text, StandardCharsets.ISO_8859_1, status));
    }
  }

  /** The lines, without their ends. */
  public List<String> lines() {
    return text.lines().toList();
  }
}
