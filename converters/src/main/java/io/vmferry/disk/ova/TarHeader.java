package io.vmferry.disk.ova;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * One header block of a tar archive (POSIX.1-2001 "ustar interchange format", and GNU tar's), taken
 * by itself: what extended headers before it say is not in it.
 *
 * @param name the entry's name, with the prefix where it has one
 * @param size bytes of data that follow, at least 0
 * @param type the type flag
 */
record TarHeader(String name, long size, char type) {
  /** The unit of tar archives, and a header's length. */
  static final int BLOCK = 512;

  private static final int NAME_LENGTH = 100;
  private static final int SIZE_AT = 124;
  private static final int SIZE_LENGTH = 12;
  private static final int CHECKSUM_AT = 148;
  private static final int CHECKSUM_LENGTH = 8;
  private static final int TYPE_AT = 156;
  private static final int MAGIC_AT = 257;
  private static final int PREFIX_AT = 345;
  private static final int PREFIX_LENGTH = 155;

  /** Whether the block has tar's magic and a checksum that fits. */
  static boolean isPlausible(byte[] block) {
    return new String(block, MAGIC_AT, 5, StandardCharsets.ISO_8859_1).equals("ustar")
        && checksumFits(block);
  }

  /**
   * Decodes a header.
   *
   * @param where the archive and the offset, for messages
   * @throws VmferryException {@link ErrorCode#OVA_TAR_INVALID} if it is none
   */
  static TarHeader parse(byte[] block, String where) {
    if (!checksumFits(block)) {
      throw new VmferryException(
          ErrorCode.OVA_TAR_INVALID, where + ": there is no tar header with a checksum that fits");
    }
    long size =
        number(block, SIZE_AT, SIZE_LENGTH)
            .orElseThrow(
                () ->
                    new VmferryException(
                        ErrorCode.OVA_TAR_INVALID,
                        where + ": the tar header's size is no number of bytes"));
    String name = string(block, 0, NAME_LENGTH);
    // GNU's magic goes on with blanks, and its headers have other fields where POSIX has the
    // prefix.
    boolean posix = new String(block, MAGIC_AT, 6, StandardCharsets.ISO_8859_1).equals("ustar\0");
    String prefix = posix ? string(block, PREFIX_AT, PREFIX_LENGTH) : "";
    char type = (char) (block[TYPE_AT] & 0xff);
    return new TarHeader(prefix.isEmpty() ? name : prefix + "/" + name, size, type);
  }

  static boolean isZero(byte[] block) {
    for (byte b : block) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  private static boolean checksumFits(byte[] block) {
    long unsigned = 0;
    long signed = 0;
    for (int i = 0; i < BLOCK; i++) {
      boolean blank = i >= CHECKSUM_AT && i < CHECKSUM_AT + CHECKSUM_LENGTH;
      byte b = blank ? (byte) ' ' : block[i];
      unsigned += b & 0xff;
      signed += b;
    }
    Optional<Long> stored = number(block, CHECKSUM_AT, CHECKSUM_LENGTH);
    // Some old writers summed signed characters.
    return stored.isPresent() && (stored.get() == unsigned || stored.get() == signed);
  }

  private static String string(byte[] block, int offset, int length) {
    int end = offset;
    while (end < offset + length && block[end] != 0) {
      end++;
    }
    return Texts.decode(Arrays.copyOfRange(block, offset, end));
  }

  /** Octal digits, or GNU's base 256 where the first bit is set; empty if it is no such number. */
  private static Optional<Long> number(byte[] block, int offset, int length) {
    return (block[offset] & 0x80) != 0
        ? binary(block, offset, length)
        : octal(block, offset, length);
  }

  private static Optional<Long> binary(byte[] block, int offset, int length) {
    long value = block[offset] & 0x7f;
    for (int i = 1; i < length; i++) {
      if (value > Long.MAX_VALUE >> 8) {
        return Optional.empty();
      }
      value = (value << 8) | (block[offset + i] & 0xff);
    }
    return Optional.of(value);
  }

  private static Optional<Long> octal(byte[] block, int offset, int length) {
    String field = new String(block, offset, length, StandardCharsets.ISO_8859_1);
    String digits = field.replace('\0', ' ').strip();
    long value = 0;
    for (int i = 0; i < digits.length(); i++) {
      int digit = digits.charAt(i) - '0';
      if (digit < 0 || digit > 7) {
        return Optional.empty();
      }
      value = (value << 3) | digit;
    }
    return Optional.of(value);
  }
}
