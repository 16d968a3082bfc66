package io.vmferry.disk.vhdx;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** The CRC-32C that headers, region tables and log entries carry in their bytes 4 to 7. */
final class Checksums {
  private static final int OFFSET = 4;
  private static final int END = OFFSET + Integer.BYTES;

  private Checksums() {}

  /** The checksum a structure carries. */
  static int stored(ByteBuffer start) {
    return start.getInt(OFFSET);
  }

  /** The checksum a whole structure should carry. */
  static int of(ByteBuffer structure) {
    return (int) begin(structure).getValue();
  }

  /** Begins a checksum with a structure's first bytes, its own four taken as zeros. */
  static CRC32C begin(ByteBuffer start) {
    CRC32C crc = new CRC32C();
    crc.update(start.slice(0, OFFSET));
    crc.update(new byte[Integer.BYTES]);
    crc.update(start.slice(END, start.limit() - END));
    return crc;
  }

  /** Whether a whole structure carries the checksum it should. */
  static boolean match(ByteBuffer structure) {
    return stored(structure) == of(structure);
  }
}
