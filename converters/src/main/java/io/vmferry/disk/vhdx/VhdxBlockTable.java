package io.vmferry.disk.vhdx;

import io.vmferry.disk.block.BlockTable;
import io.vmferry.disk.block.TablePages;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.List;

/**
 * The block allocation table ([MS-VHDX] 2.5): an entry for each payload block, and after each chunk
 * of them one for the chunk's sector bitmap, which only differencing disks use.
 *
 * <p>Blocks that are undefined or unmapped read as zeros.
 */
final class VhdxBlockTable implements BlockTable {
  static final int ENTRY_BYTES = 8;

  private static final int NOT_PRESENT = 0;
  private static final int UNDEFINED = 1;
  private static final int ZERO_STATE = 2;
  private static final int UNMAPPED = 3;

  /** Unmapped as drafts of the specification numbered it; qemu reads it so too. */
  private static final int UNMAPPED_IN_DRAFTS = 5;

  private static final int FULLY_PRESENT = 6;
  private static final int PARTIALLY_PRESENT = 7;

  private static final int OFFSET_SHIFT = 20;
  private static final int STATE_MASK = 7;

  /** The sectors whose bits make up one sector bitmap block of 1 MiB. */
  private static final long SECTORS_IN_CHUNK = 1 << 23;

  private final ByteSource source;
  private final Region region;
  private final List<Region> structures;
  private final VhdxMetadata metadata;
  private final long chunkRatio;
  private final TablePages entries;

  /**
   * The table in {@code region}.
   *
   * @param structures the regions no block may lie in
   */
  VhdxBlockTable(ByteSource source, Region region, List<Region> structures, VhdxMetadata metadata) {
    this.source = source;
    this.region = region;
    this.structures = structures;
    this.metadata = metadata;
    this.chunkRatio = SECTORS_IN_CHUNK * metadata.logicalSectorSize() / metadata.blockSize();
    long last = Math.ceilDiv(metadata.virtualSize(), metadata.blockSize()) - 1;
    long bytes = position(last) + ENTRY_BYTES;
    if (bytes > region.length()) {
      throw new VmferryException(
          ErrorCode.VHDX_BLOCK_ALLOCATION_TABLE_INVALID,
          "%s: the block allocation table at offset %d has %d bytes, but the disk's %d blocks need %d"
              .formatted(source.name(), region.offset(), region.length(), last + 1, bytes));
    }
    this.entries = new TablePages(source, region.offset(), bytes, ByteOrder.LITTLE_ENDIAN);
  }

  /** Where a block's entry is in the table. */
  private long position(long block) {
    return (block + block / chunkRatio) * ENTRY_BYTES;
  }

  @Override
  public long locate(long block) throws IOException {
    long entry = entries.longAt(position(block));
    return switch ((int) (entry & STATE_MASK)) {
      case NOT_PRESENT, UNDEFINED, UNMAPPED, UNMAPPED_IN_DRAFTS -> UNALLOCATED;
      case ZERO_STATE -> ZERO;
      case FULLY_PRESENT -> present(block, entry);
      case PARTIALLY_PRESENT ->
          throw failure(
              ErrorCode.VHDX_DIFFERENCING_UNSUPPORTED,
              block,
              entry,
              "that the block is partially present, the rest being in a parent disk");
      default ->
          throw failure(
              ErrorCode.VHDX_BLOCK_ALLOCATION_TABLE_INVALID, block, entry, "a state not known");
    };
  }

  private long present(long block, long entry) {
    long mebibytes = entry >>> OFFSET_SHIFT;
    // The disk's end may cut the last block, and some writers store no more than the disk needs.
    long length =
        Math.min(metadata.blockSize(), metadata.virtualSize() - block * metadata.blockSize());
    if (mebibytes > Long.MAX_VALUE >> OFFSET_SHIFT
        || mebibytes << OFFSET_SHIFT > source.size() - length) {
      throw failure(
          ErrorCode.VHDX_BLOCK_ALLOCATION_TABLE_INVALID,
          block,
          entry,
          "%d bytes at MiB %d, but the file has %d bytes"
              .formatted(length, mebibytes, source.size()));
    }
    long start = mebibytes << OFFSET_SHIFT;
    for (Region structure : structures) {
      if (structure.overlaps(start, start + length)) {
        throw failure(
            ErrorCode.VHDX_BLOCK_ALLOCATION_TABLE_INVALID,
            block,
            entry,
            "%d bytes at MiB %d, which is in the file's %s"
                .formatted(length, mebibytes, structure.name()));
      }
    }
    return start;
  }

  private VmferryException failure(ErrorCode code, long block, long entry, String says) {
    return new VmferryException(
        code,
        "%s: the block allocation table's entry for block %d (offset %d), %016x, says %s"
            .formatted(source.name(), block, region.offset() + position(block), entry, says));
  }
}
