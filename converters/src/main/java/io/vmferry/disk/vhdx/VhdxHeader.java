package io.vmferry.disk.vhdx;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.io.StructureReader;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The header that is in force ([MS-VHDX] 2.2.2).
 *
 * @param offset where it is in the file
 * @param sequenceNumber unsigned; the header with the higher one is in force
 * @param logGuid marks the entries of the log that count; zero if there is nothing to replay
 * @param logVersion of the log's layout
 * @param logLength the log's bytes
 * @param logOffset where the log starts
 */
record VhdxHeader(
    long offset,
    long sequenceNumber,
    UUID logGuid,
    int logVersion,
    long logLength,
    long logOffset) {
  static final int BYTES = 4096;
  static final long FIRST = 64 << 10;
  static final long SECOND = 128 << 10;

  /** {@code head} in ASCII, little-endian. */
  private static final int SIGNATURE = 0x64616568;

  private static final int VERSION = 1;

  /**
   * Reads both headers and returns the one in force: the only valid one, the one with the higher
   * sequence number, or, as disk2vhd writes the same number into both, either if they say the same.
   */
  static VhdxHeader current(ByteSource source) throws IOException {
    StructureReader reader = new StructureReader(source, ByteOrder.LITTLE_ENDIAN);
    VhdxHeader first = parse(reader.read("first VHDX header", FIRST, BYTES), FIRST);
    VhdxHeader second = parse(reader.read("second VHDX header", SECOND, BYTES), SECOND);
    if (first == null) {
      if (second == null) {
        throw invalid(
            source,
            "neither the header at offset %d nor the one at %d has the signature, the checksum and the version 1 of a header"
                .formatted(FIRST, SECOND));
      }
      return second;
    }
    if (second == null) {
      return first;
    }
    int order = Long.compareUnsigned(first.sequenceNumber, second.sequenceNumber);
    if (order == 0 && !first.hasLogOf(second)) {
      throw invalid(
          source,
          "the headers at offsets %d and %d have the same sequence number %s but different logs"
              .formatted(FIRST, SECOND, Long.toUnsignedString(first.sequenceNumber)));
    }
    return order >= 0 ? first : second;
  }

  private boolean hasLogOf(VhdxHeader other) {
    return logGuid.equals(other.logGuid)
        && logVersion == other.logVersion
        && logLength == other.logLength
        && logOffset == other.logOffset;
  }

  private static @Nullable VhdxHeader parse(ByteBuffer bytes, long offset) {
    if (bytes.getInt(0) != SIGNATURE
        || !Checksums.match(bytes)
        || Short.toUnsignedInt(bytes.getShort(66)) != VERSION) {
      return null;
    }
    return new VhdxHeader(
        offset,
        bytes.getLong(8),
        Guids.read(bytes, 48),
        Short.toUnsignedInt(bytes.getShort(64)),
        Integer.toUnsignedLong(bytes.getInt(68)),
        bytes.getLong(72));
  }

  private static VmferryException invalid(ByteSource source, String found) {
    return new VmferryException(
        ErrorCode.VHDX_HEADER_INVALID, "%s: %s".formatted(source.name(), found));
  }
}
