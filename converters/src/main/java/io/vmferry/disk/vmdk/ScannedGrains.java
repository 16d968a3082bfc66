package io.vmferry.disk.vmdk;

import java.util.Arrays;

/** The grains that a scan of a stream found, in ascending order; see {@link StreamEnd}. */
final class ScannedGrains implements GrainIndex {
  /** The most that are kept: 12 MiB of heap, 64 GiB of stored grains. */
  static final int MAX_GRAINS = 1 << 20;

  private final SparseHeader header;
  private long[] grains = new long[1 << 8];
  private int[] sectors = new int[1 << 8];
  private int count;

  ScannedGrains(SparseHeader header) {
    this.header = header;
  }

  /** Adds a grain behind the others. */
  void add(long grain, long sector) {
    if (count == grains.length) {
      grains = Arrays.copyOf(grains, 2 * count);
      sectors = Arrays.copyOf(sectors, 2 * count);
    }
    grains[count] = grain;
    sectors[count++] = (int) sector;
  }

  /** How many there are. */
  int count() {
    return count;
  }

  @Override
  public boolean hasTable(long table) {
    int first = firstOf(table);
    return first < count && grains[first] < (table + 1) * header.entriesPerTable();
  }

  @Override
  public int[] table(long table) {
    int[] entries = new int[(int) header.entriesPerTable()];
    long firstGrain = table * header.entriesPerTable();
    for (int i = firstOf(table); i < count && grains[i] < firstGrain + entries.length; i++) {
      entries[(int) (grains[i] - firstGrain)] = sectors[i];
    }
    return entries;
  }

  /** The index of the first grain of the table or of a later one. */
  private int firstOf(long table) {
    int found = Arrays.binarySearch(grains, 0, count, table * header.entriesPerTable());
    return found >= 0 ? found : -found - 1;
  }
}
