package io.vmferry.disk.vhd;

import io.vmferry.disk.block.BlockTable;
import io.vmferry.disk.block.TablePages;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteOrder;

/**
 * The block allocation table (specification: "Block Allocation Table and Data Blocks"): for each
 * block the sector where its bitmap starts, with its data behind.
 *
 * <p>The bitmaps are not read. In a dynamic disk a clear bit says that a sector was never written,
 * and such a sector is stored as zeros by writers that keep the bitmap; others write data without
 * keeping it. qemu and Hyper-V take every sector of an allocated block as it is stored, and so does
 * this.
 */
final class VhdBlockTable implements BlockTable {
  static final int ENTRY_BYTES = 4;

  private static final int UNUSED = 0xFFFFFFFF;
  private static final int SECTOR = 512;

  private final ByteSource source;
  private final DynamicHeader header;
  private final long virtualSize;
  private final long tableBytes;
  private final TablePages entries;

  VhdBlockTable(ByteSource source, DynamicHeader header, long virtualSize) {
    this.source = source;
    this.header = header;
    this.virtualSize = virtualSize;
    this.tableBytes = header.blocks(source.name(), virtualSize) * ENTRY_BYTES;
    long offset = header.tableOffset();
    if (offset < 0 || offset > source.size() - tableBytes) {
      throw new VmferryException(
          ErrorCode.IMAGE_TRUNCATED,
          "%s: the VHD block allocation table takes %d bytes at offset %s, but the file has %d bytes"
              .formatted(source.name(), tableBytes, Long.toUnsignedString(offset), source.size()));
    }
    this.entries = new TablePages(source, offset, tableBytes, ByteOrder.BIG_ENDIAN);
  }

  @Override
  public long locate(long block) throws IOException {
    int entry = entries.intAt(block * ENTRY_BYTES);
    if (entry == UNUSED) {
      return UNALLOCATED;
    }
    long start = Integer.toUnsignedLong(entry) * SECTOR;
    long data = start + header.bitmapBytes();
    // The disk's end may cut the last block, and some writers store no more than the disk needs.
    long end = data + Math.min(header.blockSize(), virtualSize - block * header.blockSize());
    if (end > source.size()) {
      throw invalid(
          block, entry, "its block would end at %d, but the file has %d bytes", end, source.size());
    }
    if (start < VhdFooter.BYTES
        || overlaps(start, end, header.offset(), DynamicHeader.BYTES)
        || overlaps(start, end, header.tableOffset(), tableBytes)) {
      throw invalid(
          block, entry, "its block from %d to %d would lie over the file's headers", start, end);
    }
    return data;
  }

  private static boolean overlaps(long start, long end, long offset, long length) {
    return start < offset + length && offset < end;
  }

  private VmferryException invalid(long block, int entry, String what, long first, long second) {
    return new VmferryException(
        ErrorCode.VHD_BLOCK_ALLOCATION_TABLE_INVALID,
        "%s: entry %d of the block allocation table (offset %d) says sector %d; "
                .formatted(
                    source.name(),
                    block,
                    header.tableOffset() + block * ENTRY_BYTES,
                    Integer.toUnsignedLong(entry))
            + what.formatted(first, second));
  }
}
