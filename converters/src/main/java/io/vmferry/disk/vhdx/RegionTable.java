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
 * Where the block allocation table and the metadata are ([MS-VHDX] 2.2.3): from the first of the
 * two region tables whose signature and checksum are right.
 */
record RegionTable(Region blockAllocationTable, Region metadata) {
  static final int BYTES = 64 << 10;
  static final long FIRST = 192 << 10;
  static final long SECOND = 256 << 10;

  private static final UUID BLOCK_ALLOCATION_TABLE =
      UUID.fromString("2dc27766-f623-4200-9d64-115e9bfd4a08");
  private static final UUID METADATA = UUID.fromString("8b7ca206-4790-4b9a-b8fe-575f050f886e");

  /** {@code regi} in ASCII, little-endian. */
  private static final int SIGNATURE = 0x69676572;

  private static final int ENTRIES_OFFSET = 16;
  private static final int ENTRY_BYTES = 32;
  private static final int MAX_ENTRIES = 2047;

  static RegionTable read(ByteSource source) throws IOException {
    StructureReader reader = new StructureReader(source, ByteOrder.LITTLE_ENDIAN);
    for (long offset : new long[] {FIRST, SECOND}) {
      ByteBuffer bytes = reader.read("VHDX region table", offset, BYTES);
      if (bytes.getInt(0) == SIGNATURE
          && Checksums.match(bytes)
          && Integer.compareUnsigned(bytes.getInt(8), MAX_ENTRIES) <= 0) {
        return parse(source, bytes, offset);
      }
    }
    throw invalid(
        source,
        "neither the region table at offset %d nor the one at %d has the signature, the checksum and at most 2047 entries"
            .formatted(FIRST, SECOND));
  }

  private static RegionTable parse(ByteSource source, ByteBuffer bytes, long tableOffset) {
    Region blockAllocationTable = null;
    Region metadata = null;
    for (int i = 0; i < bytes.getInt(8); i++) {
      int at = ENTRIES_OFFSET + i * ENTRY_BYTES;
      UUID id = Guids.read(bytes, at);
      if (id.equals(BLOCK_ALLOCATION_TABLE)) {
        blockAllocationTable =
            region(source, "block allocation table", bytes, at, tableOffset, blockAllocationTable);
      } else if (id.equals(METADATA)) {
        metadata = region(source, "metadata", bytes, at, tableOffset, metadata);
      } else if ((bytes.getInt(at + 28) & 1) != 0) {
        throw invalid(
            source,
            "the region table at offset %d names the required region %s, which is not known"
                .formatted(tableOffset, id));
      }
    }
    if (blockAllocationTable == null || metadata == null) {
      throw invalid(
          source,
          "the region table at offset %d names no %s region"
              .formatted(tableOffset, metadata == null ? "metadata" : "block allocation table"));
    }
    if (blockAllocationTable.overlaps(metadata.offset(), metadata.end())) {
      throw invalid(
          source,
          "the block allocation table at offset %d and the metadata at %d overlap"
              .formatted(blockAllocationTable.offset(), metadata.offset()));
    }
    return new RegionTable(blockAllocationTable, metadata);
  }

  private static Region region(
      ByteSource source,
      String name,
      ByteBuffer bytes,
      int at,
      long tableOffset,
      @Nullable Region known) {
    long offset = bytes.getLong(at + 16);
    long length = Integer.toUnsignedLong(bytes.getInt(at + 24));
    String found =
        "the region table at offset %d puts %d bytes of %s at offset %s"
            .formatted(tableOffset, length, name, Long.toUnsignedString(offset));
    if (known != null) {
      throw invalid(source, found + ", and %d at %d too".formatted(known.length(), known.offset()));
    }
    if (!Region.isAligned(offset, length)) {
      throw invalid(source, found + "; whole MiB behind the first were expected");
    }
    if (offset > source.size() - length) {
      throw new VmferryException(
          ErrorCode.IMAGE_TRUNCATED,
          "%s: %s, but the file has %d bytes".formatted(source.name(), found, source.size()));
    }
    return new Region(name, offset, length);
  }

  private static VmferryException invalid(ByteSource source, String found) {
    return new VmferryException(
        ErrorCode.VHDX_REGION_TABLE_INVALID, "%s: %s".formatted(source.name(), found));
  }
}
