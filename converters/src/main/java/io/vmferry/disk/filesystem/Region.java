package io.vmferry.disk.filesystem;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import java.util.UUID;

/**
 * A partition's first and last bytes. What is asked for outside of them reads as zeros: there is no
 * magic number there.
 *
 * @param head the first bytes
 * @param tail the last bytes
 * @param tailAt where the tail begins
 * @param bytes the partition's length
 */
record Region(ByteBuffer head, ByteBuffer tail, long tailAt, long bytes) {
  /** Where the last of the RAID superblocks at a partition's end may begin. */
  static final int TAIL = 0x20000;

  private static final HexFormat CAPITALS = HexFormat.of().withUpperCase();

  /** Up to 64 KiB of bytes, little-endian. */
  ByteBuffer at(long offset, int length) {
    ByteBuffer result = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    if (offset >= 0 && offset + length <= head.limit()) {
      result.put(head.slice((int) offset, length));
    } else if (offset >= tailAt && offset + length <= bytes) {
      result.put(tail.slice((int) (offset - tailAt), length));
    }
    return result.clear().order(ByteOrder.LITTLE_ENDIAN);
  }

  boolean has(long offset, String magic) {
    byte[] wanted = magic.getBytes(StandardCharsets.ISO_8859_1);
    return at(offset, wanted.length).equals(ByteBuffer.wrap(wanted));
  }

  int u8(long offset) {
    return Byte.toUnsignedInt(at(offset, 1).get(0));
  }

  int u16(long offset) {
    return Short.toUnsignedInt(at(offset, 2).getShort(0));
  }

  int i32(long offset) {
    return at(offset, 4).getInt(0);
  }

  long i64(long offset) {
    return at(offset, 8).getLong(0);
  }

  /** Text up to its first zero, without blanks at its end; empty if there is none. */
  Optional<String> text(long offset, int length) {
    byte[] bytes = at(offset, length).array();
    int end = 0;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    String text = new String(bytes, 0, end, StandardCharsets.UTF_8).stripTrailing();
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }

  /** A UUID of 16 bytes in the order they are written; empty if all are zero. */
  Optional<String> uuid(long offset) {
    ByteBuffer bytes = at(offset, 16).order(ByteOrder.BIG_ENDIAN);
    UUID uuid = new UUID(bytes.getLong(0), bytes.getLong(8));
    return uuid.equals(new UUID(0, 0)) ? Optional.empty() : Optional.of(uuid.toString());
  }

  /** The serial number of 4 bytes that FAT has for a UUID: {@code 7A1B-2C3D}. */
  Optional<String> serial(long offset) {
    int serial = i32(offset);
    String hex = CAPITALS.toHexDigits(serial);
    return serial == 0
        ? Optional.empty()
        : Optional.of(hex.substring(0, 4) + "-" + hex.substring(4));
  }

  /** The serial number of 8 bytes that NTFS has for a UUID. */
  Optional<String> longSerial(long offset) {
    long serial = i64(offset);
    return serial == 0 ? Optional.empty() : Optional.of(CAPITALS.toHexDigits(serial));
  }
}
