package io.vmferry.disk.vhd;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Finds the footer at the file's end and its copy at the start, and decides which to believe:
 *
 * <ul>
 *   <li>The footer at the end must be there and undamaged. Without it the file was cut off, or its
 *       writer died while it grew; that is an error even where the copy is whole, because nothing
 *       else shows that the end is missing.
 *   <li>It takes the last 512 bytes, or the last 511 as old versions of Virtual PC wrote it.
 *   <li>A fixed disk has no copy: what is at the start is the disk's first sector.
 *   <li>The copy of a dynamic disk must be the same in every byte. One that is damaged or differs
 *       is an error ("Footers not identical").
 *   <li>A copy that is gone, with no footer's cookie at the start, is done without: the footer at
 *       the end says the same and proves the file whole.
 * </ul>
 */
final class VhdFooters {
  private static final int OLD_BYTES = 511;

  private VhdFooters() {}

  /** Whether there is a footer's cookie at the start or at the end. */
  static boolean present(ByteSource source) throws IOException {
    return startsWithCookie(source) || atEnd(source) != null;
  }

  /** The footer to believe. */
  static VhdFooter read(ByteSource source) throws IOException {
    Found end = atEnd(source);
    if (end == null) {
      throw invalid(
          source,
          startsWithCookie(source)
              ? "there is a footer's copy at offset 0, but no footer at the end of the file (%d bytes): it is cut off"
                  .formatted(source.size())
              : "there is no footer in the last 512 bytes of %d".formatted(source.size()));
    }
    if (!VhdFooter.hasRightChecksum(end.bytes)) {
      throw invalid(source, "the footer at offset %d has a wrong checksum".formatted(end.offset));
    }
    VhdFooter footer = VhdFooter.parse(end.bytes, end.offset);
    if (footer.type() != VhdFooter.FIXED) {
      checkCopy(source, end);
    }
    return footer;
  }

  private static void checkCopy(ByteSource source, Found end) throws IOException {
    if (!startsWithCookie(source) || end.offset == 0) {
      return;
    }
    ByteBuffer copy = readAt(source, 0, Math.toIntExact(Math.min(end.offset, VhdFooter.BYTES)));
    int difference = copy.mismatch(end.bytes);
    if (difference >= 0) {
      throw invalid(
          source,
          "the footer at offset %d and its copy at offset 0 differ in byte %d; the copy's checksum is %s"
              .formatted(
                  end.offset, difference, VhdFooter.hasRightChecksum(copy) ? "right" : "wrong"));
    }
  }

  private static VmferryException invalid(ByteSource source, String found) {
    return new VmferryException(
        ErrorCode.VHD_FOOTER_INVALID, "%s: %s".formatted(source.name(), found));
  }

  private static boolean startsWithCookie(ByteSource source) throws IOException {
    return source.size() >= Long.BYTES
        && readAt(source, 0, Long.BYTES).getLong(0) == VhdFooter.COOKIE;
  }

  private static @Nullable Found atEnd(ByteSource source) throws IOException {
    for (int length : new int[] {VhdFooter.BYTES, OLD_BYTES}) {
      long offset = source.size() - length;
      if (offset >= 0) {
        ByteBuffer bytes = readAt(source, offset, length);
        if (VhdFooter.hasCookie(bytes)) {
          return new Found(offset, bytes);
        }
      }
    }
    return null;
  }

  /** The bytes at {@code offset}, filled up with zeros to a whole footer. */
  private static ByteBuffer readAt(ByteSource source, long offset, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(VhdFooter.BYTES);
    source.readFully(offset, bytes.limit(length));
    return bytes.clear();
  }

  private record Found(long offset, ByteBuffer bytes) {}
}
