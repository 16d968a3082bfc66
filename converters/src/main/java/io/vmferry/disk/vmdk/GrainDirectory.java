package io.vmferry.disk.vmdk;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.io.StructureReader;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Optional;

/**
 * The grain directory and the grain tables it points to ("Virtual Disk Format 5.0", section "Grain
 * Directories and Grain Tables"), with the redundant ones where the first are damaged.
 *
 * <p>The directory is read in pages of 64 KiB as they are needed; half a MiB of them is kept.
 *
 * <p>A table counts as damaged when it lies outside of the file or any entry of it does. Then the
 * redundant table is used if that one is whole, otherwise the table cannot be read at all, also for
 * those of its grains that are in the file: nothing that comes from a damaged table is trusted. An
 * entry of 0 in the directory means that nothing of the table's range is stored; where the header
 * says that the redundant directory is kept up to date, that one must say so too.
 */
final class GrainDirectory implements GrainIndex {
  private static final int ENTRIES_PER_PAGE = 1 << 14;
  private static final int CACHED_PAGES = 8;

  private final ByteSource source;
  private final StructureReader reader;
  private final SparseHeader header;
  private final Optional<Copy> primary;
  private final Optional<Copy> redundant;

  /**
   * The directory of an extent.
   *
   * @param header the header, valid
   * @param located the header or footer that says where the directory is
   * @throws VmferryException {@link ErrorCode#VMDK_GRAIN_DIRECTORY_INVALID} if neither copy lies
   *     inside the file
   */
  GrainDirectory(ByteSource source, SparseHeader header, SparseHeader located) {
    this(source, header, located.directoryOffset(), located.redundantDirectoryOffset());
  }

  /** The directory at that sector, with another one at {@code redundantSector} unless that is 0. */
  GrainDirectory(ByteSource source, SparseHeader header, long primarySector, long redundantSector) {
    this.source = source;
    this.reader = new StructureReader(source, ByteOrder.LITTLE_ENDIAN);
    this.header = header;
    this.primary = copyAt(primarySector);
    this.redundant = copyAt(redundantSector);
    if (primary.isEmpty() && redundant.isEmpty()) {
      throw new VmferryException(
          ErrorCode.VMDK_GRAIN_DIRECTORY_INVALID,
          "%s: the grain directory of %d bytes would be at sector %s, but the file has %d bytes"
              .formatted(
                  source.name(),
                  header.directoryBytes(),
                  Long.toUnsignedString(primarySector),
                  source.size()));
    }
  }

  private Optional<Copy> copyAt(long sector) {
    boolean inside =
        !header.isReserved(sector)
            && Sectors.inside(sector, header.directoryBytes(), source.size());
    return inside ? Optional.of(new Copy(sector * Sectors.SIZE)) : Optional.empty();
  }

  @Override
  public boolean hasTable(long table) throws IOException {
    long first = entry(primary, table);
    if (first != 0 && isTable(first)) {
      return true;
    }
    long second = first == 0 && !secondCounts() ? 0 : entry(redundant, table);
    if (second != 0 && isTable(second)) {
      return true;
    }
    if (first == 0 && second == 0) {
      return false;
    }
    throw new VmferryException(
        ErrorCode.VMDK_GRAIN_DIRECTORY_INVALID,
        "%s: entry %d of the grain directory points to sector %d, but a grain table of %d bytes there is not inside the file of %d bytes"
            .formatted(
                source.name(),
                table,
                first != 0 ? first : second,
                header.tableBytes(),
                source.size()));
  }

  @Override
  public int[] table(long table) throws IOException {
    long first = entry(primary, table);
    if (first != 0 && isTable(first)) {
      int[] entries = read(first);
      if (firstInvalid(table, entries) < 0) {
        return entries;
      }
    }
    long second = entry(redundant, table);
    if (second != 0 && isTable(second)) {
      int[] entries = read(second);
      if (firstInvalid(table, entries) < 0) {
        return entries;
      }
    }
    throw invalidTable(table, first != 0 && isTable(first) ? first : second);
  }

  private boolean secondCounts() {
    return primary.isEmpty() || header.hasRedundantTables();
  }

  private static long entry(Optional<Copy> copy, long table) throws IOException {
    return copy.isPresent() ? copy.get().entry(table) : 0;
  }

  private boolean isTable(long sector) {
    return !header.isReserved(sector) && Sectors.inside(sector, header.tableBytes(), source.size());
  }

  private int[] read(long sector) throws IOException {
    ByteBuffer bytes = reader.read("grain table", sector * Sectors.SIZE, header.tableBytes());
    int[] entries = new int[bytes.remaining() / Integer.BYTES];
    bytes.asIntBuffer().get(entries);
    return entries;
  }

  /** The index of the first entry that points outside of the file; −1 if none does. */
  private int firstInvalid(long table, int[] entries) {
    long grains = Math.min(entries.length, header.grainCount() - table * header.entriesPerTable());
    for (int i = 0; i < grains; i++) {
      if (entries[i] != UNALLOCATED && !(entries[i] == ZEROED && header.hasZeroedGrains())) {
        long sector = Integer.toUnsignedLong(entries[i]);
        if (header.isReserved(sector) || !Sectors.inside(sector, 1, source.size())) {
          return i;
        }
      }
    }
    return -1;
  }

  private VmferryException invalidTable(long table, long sector) throws IOException {
    if (!isTable(sector)) {
      return new VmferryException(
          ErrorCode.VMDK_GRAIN_DIRECTORY_INVALID,
          "%s: entry %d of the grain directory points to sector %d, but the file has %d bytes"
              .formatted(source.name(), table, sector, source.size()));
    }
    int[] entries = read(sector);
    int index = Math.max(0, firstInvalid(table, entries));
    return new VmferryException(
        ErrorCode.VMDK_GRAIN_TABLE_INVALID,
        "%s: entry %d of the grain table at sector %d points to sector %s, which is %s"
            .formatted(
                source.name(),
                index,
                sector,
                Integer.toUnsignedString(entries[index]),
                header.isReserved(Integer.toUnsignedLong(entries[index]))
                    ? "the descriptor's"
                    : "outside of the file of %d bytes".formatted(source.size())));
  }

  /** One of the directory's two copies. */
  private final class Copy {
    private final long offset;
    private final BoundedCache<int[]> pages = new BoundedCache<>(CACHED_PAGES);

    Copy(long offset) {
      this.offset = offset;
    }

    long entry(long table) throws IOException {
      int[] page = pages.get(table / ENTRIES_PER_PAGE, this::readPage);
      return Integer.toUnsignedLong(page[(int) (table % ENTRIES_PER_PAGE)]);
    }

    private int[] readPage(long page) throws IOException {
      long first = page * ENTRIES_PER_PAGE;
      int count = (int) Math.min(ENTRIES_PER_PAGE, header.tableCount() - first);
      ByteBuffer bytes =
          reader.read("grain directory", offset + first * Integer.BYTES, count * Integer.BYTES);
      int[] entries = new int[count];
      bytes.asIntBuffer().get(entries);
      return entries;
    }
  }
}
