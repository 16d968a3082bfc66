package io.vmferry.disk.vmdk;

import io.vmferry.disk.Extent;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A hosted sparse extent, plain or compressed ("Virtual Disk Format 5.0", sections "Hosted Sparse
 * Extents" and "Stream-Optimized Compressed Sparse Extents"). The file stays open when the extent
 * is closed.
 *
 * <p>A megabyte of grain tables and, of compressed extents, two megabytes of grains that were read
 * in part are kept. Grains that are wanted whole go straight to the destination.
 */
final class SparseExtent implements VmdkExtent {
  private static final int CACHED_TABLE_BYTES = 1 << 20;
  private static final int CACHED_GRAIN_BYTES = 1 << 21;

  /** How many grain tables one call may read to find an extent's end: 32 GiB of disk, usually. */
  private static final int MAX_TABLES_PER_EXTENT = 1 << 10;

  private static final int[] NO_TABLE = {};

  private final ByteSource source;
  private final SparseHeader header;
  private final long size;
  private final GrainIndex index;
  private final BoundedCache<int[]> tables;
  private final BoundedCache<byte[]> grains;
  private final GrainInflater inflater;

  private SparseExtent(ByteSource source, SparseHeader header, long size, GrainIndex index) {
    this.source = source;
    this.header = header;
    this.size = size;
    this.index = index;
    this.tables = new BoundedCache<>(Math.max(4, CACHED_TABLE_BYTES / header.tableBytes()));
    this.grains = new BoundedCache<>(Math.max(1, CACHED_GRAIN_BYTES / header.grainBytes()));
    this.inflater = new GrainInflater(source, header);
  }

  /**
   * Opens an extent.
   *
   * @param header its header, valid
   * @param sectors how much of it is used: at most the header's capacity
   * @throws VmferryException if there is no grain directory; see {@link GrainDirectory} and {@link
   *     StreamEnd}
   */
  static SparseExtent open(ByteSource source, SparseHeader header, long sectors)
      throws IOException {
    boolean inFront =
        header.directoryOffset() != SparseHeader.AT_END
            && !(header.directoryOffset() == 0 && header.hasMarkers());
    GrainIndex index =
        inFront ? new GrainDirectory(source, header, header) : StreamEnd.find(source, header);
    return new SparseExtent(source, header, sectors * Sectors.SIZE, index);
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public Extent extentAt(long offset, long maxLength) throws IOException {
    long end = offset + maxLength;
    long at = offset;
    Extent.@Nullable Kind kind = null;
    for (int read = 0; at < end && read < MAX_TABLES_PER_EXTENT; ) {
      long tableEnd = Math.min(end, (tableOf(at) + 1) * header.bytesPerTable());
      int[] table = table(tableOf(at));
      read += table.length == 0 ? 0 : 1;
      while (at < tableEnd) {
        Extent.Kind next = table.length == 0 ? Extent.Kind.UNALLOCATED : kind(table[entryOf(at)]);
        if (kind != null && kind != next) {
          return new Extent(offset, at - offset, kind);
        }
        kind = next;
        at = table.length == 0 ? tableEnd : Math.min(tableEnd, grainEnd(at));
      }
    }
    return new Extent(
        offset, at - offset, Optional.ofNullable(kind).orElse(Extent.Kind.UNALLOCATED));
  }

  @Override
  public Extent plannedExtentAt(long offset, long maxLength) throws IOException {
    long end = offset + maxLength;
    boolean data = index.hasTable(tableOf(offset));
    long at = offset;
    do {
      at = Math.min(end, (tableOf(at) + 1) * header.bytesPerTable());
    } while (at < end && index.hasTable(tableOf(at)) == data);
    return new Extent(offset, at - offset, data ? Extent.Kind.DATA : Extent.Kind.UNALLOCATED);
  }

  @Override
  public void readFully(long offset, ByteBuffer destination) throws IOException {
    int limit = destination.limit();
    long at = offset;
    while (destination.hasRemaining()) {
      int[] table = table(tableOf(at));
      long tableEnd = (tableOf(at) + 1) * header.bytesPerTable();
      long inTable = Math.min(destination.remaining(), tableEnd - at);
      destination.limit(destination.position() + (int) inTable);
      if (table.length == 0) {
        Sectors.putZeros(destination, inTable);
      } else {
        readInTable(at, table, destination);
      }
      destination.limit(limit);
      at += inTable;
    }
  }

  private void readInTable(long offset, int[] table, ByteBuffer destination) throws IOException {
    long at = offset;
    while (destination.hasRemaining()) {
      int before = destination.remaining();
      int entry = table[entryOf(at)];
      if (kind(entry) != Extent.Kind.DATA) {
        Sectors.putZeros(destination, Math.min(before, grainEnd(at) - at));
      } else if (header.compressed()) {
        readCompressed(at, table, destination);
      } else {
        readPlain(at, table, destination);
      }
      at += before - destination.remaining();
    }
  }

  private void readCompressed(long offset, int[] table, ByteBuffer destination) throws IOException {
    long grain = offset / header.grainBytes();
    int inGrain = (int) (offset % header.grainBytes());
    int length = header.bytesInGrain(grain);
    long sector = Integer.toUnsignedLong(table[entryOf(offset)]);
    long next = following(table, entryOf(offset));
    if (inGrain == 0 && destination.remaining() >= length) {
      inflater.inflate(grain, sector, next, destination);
      return;
    }
    byte[] bytes =
        grains.get(
            grain,
            _ -> {
              byte[] inflated = new byte[length];
              inflater.inflate(grain, sector, next, ByteBuffer.wrap(inflated));
              return inflated;
            });
    destination.put(bytes, inGrain, Math.min(destination.remaining(), length - inGrain));
  }

  /** The sector of the next grain of the table that is stored; 0 if there is none. */
  private long following(int[] table, int entry) {
    for (int i = entry + 1; i < table.length; i++) {
      if (kind(table[i]) == Extent.Kind.DATA) {
        return Integer.toUnsignedLong(table[i]);
      }
    }
    return 0;
  }

  /** Reads as many grains as follow each other in the file by one read. */
  private void readPlain(long offset, int[] table, ByteBuffer destination) throws IOException {
    long grainBytes = header.grainBytes();
    long position =
        Integer.toUnsignedLong(table[entryOf(offset)]) * Sectors.SIZE + offset % grainBytes;
    long run = grainEnd(offset) - offset;
    int entry = entryOf(offset);
    while (run < destination.remaining()
        && entry + 1 < table.length
        && kind(table[entry + 1]) == Extent.Kind.DATA
        && Integer.toUnsignedLong(table[entry + 1])
            == Integer.toUnsignedLong(table[entry]) + header.grainSize()) {
      run += grainBytes;
      entry++;
    }
    int length = (int) Math.min(run, destination.remaining());
    if (position > source.size() - length) {
      throw new VmferryException(
          ErrorCode.IMAGE_TRUNCATED,
          "%s: grain %d has %d bytes at offset %d, but the file has %d bytes"
              .formatted(source.name(), offset / grainBytes, length, position, source.size()));
    }
    int limit = destination.limit();
    destination.limit(destination.position() + length);
    source.readFully(position, destination);
    destination.limit(limit);
  }

  private int[] table(long table) throws IOException {
    return index.hasTable(table) ? tables.get(table, index::table) : NO_TABLE;
  }

  private Extent.Kind kind(int entry) {
    if (entry == GrainIndex.UNALLOCATED) {
      return Extent.Kind.UNALLOCATED;
    }
    return entry == GrainIndex.ZEROED && header.hasZeroedGrains()
        ? Extent.Kind.ZERO
        : Extent.Kind.DATA;
  }

  private long tableOf(long offset) {
    return offset / header.bytesPerTable();
  }

  private int entryOf(long offset) {
    return (int) (offset % header.bytesPerTable() / header.grainBytes());
  }

  private long grainEnd(long offset) {
    return (offset / header.grainBytes() + 1) * header.grainBytes();
  }

  @Override
  public void close() {
    inflater.close();
    grains.clear();
    tables.clear();
  }
}
