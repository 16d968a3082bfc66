package io.vmferry.disk.vmdk;

import java.nio.ByteBuffer;

/** The unit VMDK counts in, and zeros. */
final class Sectors {
  /** Bytes of a sector. */
  static final int SIZE = 512;

  private static final byte[] ZEROS = new byte[1 << 16];

  private Sectors() {}

  /**
   * Whether {@code length} bytes from sector {@code sector} on lie inside a file of {@code
   * fileSize} bytes. The sector may be any 64 bits.
   */
  static boolean inside(long sector, long length, long fileSize) {
    return sector >= 0
        && sector <= fileSize / SIZE
        && length >= 0
        && length <= fileSize - sector * SIZE;
  }

  /** The bytes that many sectors have; the largest long if that is too much for one. */
  static long toBytes(long sectors) {
    return sectors < 0 || sectors > Long.MAX_VALUE / SIZE ? Long.MAX_VALUE : sectors * SIZE;
  }

  /** The sectors that hold so many bytes. */
  static long holding(long bytes) {
    return Math.ceilDiv(bytes, SIZE);
  }

  /** Puts {@code length} zeros. */
  static void putZeros(ByteBuffer destination, long length) {
    long left = length;
    while (left > 0) {
      int count = (int) Math.min(left, ZEROS.length);
      destination.put(ZEROS, 0, count);
      left -= count;
    }
  }
}
