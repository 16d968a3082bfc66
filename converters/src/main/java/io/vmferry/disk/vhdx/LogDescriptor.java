package io.vmferry.disk.vhdx;

import io.vmferry.disk.block.TablePages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A zero or data descriptor of a log entry ([MS-VHDX] 2.3.1.2 and 2.3.1.3).
 *
 * @param isZero whether it writes zeros, not a sector of data
 * @param fileOffset where it writes: a multiple of 4 KiB
 * @param zeroLength the zeros it writes, a multiple of 4 KiB; 0 for data
 * @param leadingBytes the sector's first 8 bytes, which its data sector has no room for
 * @param trailingBytes the sector's last 4 bytes, likewise
 * @param sequenceNumber its entry's
 */
record LogDescriptor(
    boolean isZero,
    long fileOffset,
    long zeroLength,
    long leadingBytes,
    int trailingBytes,
    long sequenceNumber) {
  /** {@code zero} in ASCII, little-endian. */
  private static final int ZERO_SIGNATURE = 0x6F72657A;

  /** {@code desc} in ASCII, little-endian. */
  private static final int DATA_SIGNATURE = 0x63736564;

  /** {@code data} in ASCII, little-endian. */
  private static final int SECTOR_SIGNATURE = 0x61746164;

  /** Reads a descriptor; null if it is none or writes where no file can be. */
  static @Nullable LogDescriptor parse(ByteBuffer bytes) {
    int signature = bytes.getInt(0);
    boolean zero = signature == ZERO_SIGNATURE;
    if (!zero && signature != DATA_SIGNATURE) {
      return null;
    }
    long offset = bytes.getLong(16);
    long length = zero ? bytes.getLong(8) : LogEntry.SECTOR;
    if (offset < 0
        || offset % LogEntry.SECTOR != 0
        || length < 0
        || length % LogEntry.SECTOR != 0
        || offset > Long.MAX_VALUE - length) {
      return null;
    }
    return new LogDescriptor(
        zero,
        offset,
        zero ? length : 0,
        zero ? 0 : bytes.getLong(8),
        zero ? 0 : bytes.getInt(4),
        bytes.getLong(24));
  }

  /** What is wrong with a data sector at a position of the log; empty if nothing is. */
  static Optional<String> checkDataSector(TablePages log, long position, long sequenceNumber)
      throws IOException {
    if (log.intAt(position) != SECTOR_SIGNATURE) {
      return Optional.of("does not start with 'data'");
    }
    if (log.intAt(position + 4) != (int) (sequenceNumber >>> 32)
        || log.intAt(position + LogEntry.SECTOR - 4) != (int) sequenceNumber) {
      return Optional.of("is of another entry");
    }
    return Optional.empty();
  }
}
