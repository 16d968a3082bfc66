package io.vmferry.disk.vhd;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.io.StructureReader;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The dynamic disk header (specification: "Dynamic Disk Header Format").
 *
 * <p>Its checksum is not looked at: files of old writers have a wrong one and every other reader
 * accepts them. What is read from it is checked against the file instead.
 *
 * @param offset where it is in the file
 * @param tableOffset where the block allocation table starts
 * @param maxTableEntries how many entries the table has
 * @param blockSize the data bytes of a block: a power of two from 512 to 2 GiB
 */
record DynamicHeader(long offset, long tableOffset, long maxTableEntries, long blockSize) {
  static final int BYTES = 1024;

  /** {@code cxsparse} in ASCII. */
  private static final long COOKIE = 0x6378737061727365L;

  private static final int SECTOR = 512;

  static DynamicHeader read(ByteSource source, long offset) throws IOException {
    ByteBuffer bytes =
        new StructureReader(source, ByteOrder.BIG_ENDIAN)
            .read("VHD dynamic disk header", offset, BYTES);
    if (bytes.getLong(0) != COOKIE) {
      throw invalid(
          source, offset, "starts with %016x instead of 'cxsparse'".formatted(bytes.getLong(0)));
    }
    long blockSize = Integer.toUnsignedLong(bytes.getInt(32));
    if (blockSize < SECTOR || Long.bitCount(blockSize) != 1) {
      throw invalid(
          source,
          offset,
          "says a block size of %d bytes; a power of two of at least 512 was expected"
              .formatted(blockSize));
    }
    long tableOffset = bytes.getLong(16);
    return new DynamicHeader(
        offset, tableOffset, Integer.toUnsignedLong(bytes.getInt(28)), blockSize);
  }

  /** The bytes of the bitmap in front of each block: a bit for each sector, in whole sectors. */
  long bitmapBytes() {
    return Math.ceilDiv(blockSize / SECTOR, SECTOR * Byte.SIZE) * SECTOR;
  }

  /** How many blocks a disk of that size has; refuses a table that is too short for them. */
  long blocks(String name, long virtualSize) {
    long blocks = Math.ceilDiv(virtualSize, blockSize);
    if (blocks > maxTableEntries) {
      throw new VmferryException(
          ErrorCode.VHD_HEADER_INVALID,
          "%s: the dynamic disk header at offset %d says %d table entries, but the disk of %d bytes has %d blocks"
              .formatted(name, offset, maxTableEntries, virtualSize, blocks));
    }
    return blocks;
  }

  private static VmferryException invalid(ByteSource source, long offset, String found) {
    return new VmferryException(
        ErrorCode.VHD_HEADER_INVALID,
        "%s: the dynamic disk header at offset %d %s".formatted(source.name(), offset, found));
  }
}
