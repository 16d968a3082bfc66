package io.vmferry.disk.partition;

import static io.vmferry.disk.partition.PartitionTableReader.SECTOR;

import io.vmferry.disk.DiskImage;
import io.vmferry.guest.DiskFacts;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The partitions of a master boot record, numbered as Linux does. */
final class MbrReader {
  /** As many logical partitions as Linux takes, and a bound for a chain without end. */
  private static final int MAX_LOGICAL = 256;

  private static final int FIRST_LOGICAL = 5;
  private static final int DISK_SIGNATURE_AT = 440;

  private final DiskImage disk;
  private final List<String> damages = new ArrayList<>();
  private final List<DiskFacts.Partition> partitions = new ArrayList<>();
  private int signature;

  MbrReader(DiskImage disk) {
    this.disk = disk;
  }

  List<DiskFacts.Partition> read(ByteBuffer sector, MbrEntry[] entries) throws IOException {
    signature = sector.getInt(DISK_SIGNATURE_AT);
    for (int i = 0; i < entries.length; i++) {
      if (entries[i].isUsed()) {
        add(i + 1, entries[i], 0);
      }
    }
    for (MbrEntry entry : entries) {
      if (entry.isExtended()) {
        readLogical(entry.firstSector());
        break;
      }
    }
    return List.copyOf(partitions);
  }

  List<String> damages() {
    return damages;
  }

  /**
   * Follows a chain of extended boot records. A partition's start counts from its record, the next
   * record's from the extended partition.
   */
  private void readLogical(long extended) throws IOException {
    Set<Long> seen = new HashSet<>();
    long record = extended;
    int number = FIRST_LOGICAL;
    while (true) {
      if (!seen.add(record)) {
        damages.add("the chain of logical partitions comes back to sector %d".formatted(record));
        return;
      }
      if (seen.size() > MAX_LOGICAL) {
        damages.add("there are more than %d logical partitions".formatted(MAX_LOGICAL));
        return;
      }
      if (record >= disk.virtualSize() / SECTOR) {
        damages.add(
            "the chain of logical partitions leads to sector %d, behind the disk's end"
                .formatted(record));
        return;
      }
      ByteBuffer sector = PartitionTableReader.bytes(disk, record * SECTOR, SECTOR);
      if (Short.toUnsignedInt(sector.getShort(SECTOR - 2)) != 0xaa55) {
        damages.add("there is no extended boot record at sector %d".formatted(record));
        return;
      }
      long next = -1;
      for (MbrEntry entry : MbrEntry.table(sector)) {
        if (entry.isExtended()) {
          next = next < 0 ? extended + entry.firstSector() : next;
        } else if (entry.isUsed()) {
          add(number++, entry, record);
        }
      }
      if (next < 0) {
        return;
      }
      record = next;
    }
  }

  private void add(int number, MbrEntry entry, long base) {
    long start = (base + entry.firstSector()) * SECTOR;
    long bytes = entry.sectors() * SECTOR;
    if (start >= disk.virtualSize()) {
      damages.add(
          "partition %d begins at byte %d, behind the disk's end of %d"
              .formatted(number, start, disk.virtualSize()));
      return;
    }
    if (bytes > disk.virtualSize() - start) {
      damages.add(
          "partition %d ends at byte %d, behind the disk's end of %d"
              .formatted(number, start + bytes, disk.virtualSize()));
      bytes = disk.virtualSize() - start;
    }
    Optional<String> uuid =
        signature == 0 ? Optional.empty() : Optional.of("%08x-%02x".formatted(signature, number));
    partitions.add(
        new DiskFacts.Partition(number, start, bytes, entry.typeName(), entry.isActive(), uuid));
  }
}
