package io.vmferry.disk.vhdx;

import java.nio.ByteBuffer;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The header of a log entry ([MS-VHDX] 2.3.1.1).
 *
 * @param position where the entry starts in the log
 * @param length the entry's bytes: header, descriptors and data sectors
 * @param tail where in the log the oldest entry starts that was not yet applied when this one was
 *     written
 * @param sequenceNumber one more than the entry before
 * @param descriptorCount how many descriptors there are
 * @param flushedFileOffset the file was at least that long on disk when this was written
 * @param lastFileOffset the file is at least that long once the log is replayed
 */
record LogEntry(
    long position,
    long length,
    long tail,
    long sequenceNumber,
    long descriptorCount,
    long flushedFileOffset,
    long lastFileOffset) {
  static final int SECTOR = 4096;
  static final int HEADER_BYTES = 64;
  static final int DESCRIPTOR_BYTES = 32;

  /** {@code loge} in ASCII, little-endian. */
  static final int SIGNATURE = 0x65676F6C;

  /** Reads an entry's header; null if it cannot be one of this log. */
  static @Nullable LogEntry parse(ByteBuffer header, long position, long logLength, UUID logGuid) {
    LogEntry entry =
        new LogEntry(
            position,
            Integer.toUnsignedLong(header.getInt(8)),
            Integer.toUnsignedLong(header.getInt(12)),
            header.getLong(16),
            Integer.toUnsignedLong(header.getInt(24)),
            header.getLong(48),
            header.getLong(56));
    boolean plausible =
        header.getInt(0) == SIGNATURE
            && Guids.read(header, 32).equals(logGuid)
            && entry.length >= SECTOR
            && entry.length % SECTOR == 0
            && entry.length <= logLength
            && entry.tail % SECTOR == 0
            && entry.tail < logLength
            && entry.sequenceNumber != 0
            && entry.descriptorSectorBytes() <= entry.length;
    return plausible ? entry : null;
  }

  /** The bytes from the entry's start to its first data sector. */
  long descriptorSectorBytes() {
    return Math.ceilDiv(HEADER_BYTES + descriptorCount * DESCRIPTOR_BYTES, SECTOR) * SECTOR;
  }
}
