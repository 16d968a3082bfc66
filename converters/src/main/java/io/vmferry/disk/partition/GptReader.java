package io.vmferry.disk.partition;

import io.vmferry.disk.DiskImage;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.DiskFacts;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import java.util.zip.CRC32;

/** A GUID partition table (UEFI Specification 2.10, section 5.3). */
final class GptReader {
  private static final int[] SECTOR_SIZES = {512, 4096};
  private static final long SIGNATURE = 0x5452415020494645L;
  private static final int HEADER_BYTES = 92;
  private static final int MIN_ENTRY_BYTES = 128;
  private static final int MAX_ENTRY_BYTES = 4096;
  private static final int MAX_TABLE_BYTES = 4 << 20;
  private static final long LEGACY_BOOTABLE = 1L << 2;
  private static final UUID UNUSED = new UUID(0, 0);

  private final DiskImage disk;
  private final List<String> damages = new ArrayList<>();
  private final List<String> defects = new ArrayList<>();

  GptReader(DiskImage disk) {
    this.disk = disk;
  }

  /** A table that was read, and the sectors it counts in. */
  record Table(int sectorBytes, List<DiskFacts.Partition> partitions) {}

  List<String> damages() {
    return damages;
  }

  /** Reads the primary table, else the backup at the disk's end. */
  Table read() throws IOException {
    for (int sectorBytes : SECTOR_SIZES) {
      Optional<Table> table = readAt(sectorBytes, 1, "primary");
      if (table.isPresent()) {
        return table.get();
      }
    }
    for (int sectorBytes : SECTOR_SIZES) {
      Optional<Table> table = readAt(sectorBytes, disk.virtualSize() / sectorBytes - 1, "backup");
      if (table.isPresent()) {
        damages.add("the primary GPT is damaged, its backup at the disk's end was read");
        return table.get();
      }
    }
    throw new VmferryException(
        ErrorCode.PARTITION_TABLE_INVALID,
        "the disk's master boot record says that it has a GPT, but neither its primary nor its"
            + " backup is whole: "
            + (defects.isEmpty()
                ? "there is no header at sector 1 or the last one"
                : String.join("; ", defects)));
  }

  private Optional<Table> readAt(int sectorBytes, long sector, String which) throws IOException {
    if (sector < 1 || sector >= disk.virtualSize() / sectorBytes) {
      return Optional.empty();
    }
    ByteBuffer header = PartitionTableReader.bytes(disk, sector * sectorBytes, sectorBytes);
    if (header.getLong(0) != SIGNATURE) {
      return Optional.empty();
    }
    Optional<String> defect = headerDefect(header, sectorBytes, sector);
    if (defect.isEmpty()) {
      int count = header.getInt(80);
      int entryBytes = header.getInt(84);
      ByteBuffer entries =
          PartitionTableReader.bytes(disk, header.getLong(72) * sectorBytes, count * entryBytes);
      if (crc(entries) == header.getInt(88)) {
        return Optional.of(new Table(sectorBytes, partitions(entries, entryBytes, sectorBytes)));
      }
      defect = Optional.of("its entries have another checksum than it says");
    }
    defects.add(
        "the %s header at byte %d: %s".formatted(which, sector * sectorBytes, defect.get()));
    return Optional.empty();
  }

  private Optional<String> headerDefect(ByteBuffer header, int sectorBytes, long sector) {
    long headerBytes = Integer.toUnsignedLong(header.getInt(12));
    if (headerBytes < HEADER_BYTES || headerBytes > sectorBytes) {
      return Optional.of("it says it has %d bytes".formatted(headerBytes));
    }
    ByteBuffer checked = ByteBuffer.allocate((int) headerBytes);
    checked.put(header.slice(0, (int) headerBytes)).putInt(16, 0).flip();
    if (crc(checked) != header.getInt(16)) {
      return Optional.of("its checksum does not match");
    }
    if (header.getLong(24) != sector) {
      return Optional.of("it says it is at sector %d".formatted(header.getLong(24)));
    }
    long count = Integer.toUnsignedLong(header.getInt(80));
    long entryBytes = Integer.toUnsignedLong(header.getInt(84));
    boolean size =
        entryBytes >= MIN_ENTRY_BYTES
            && entryBytes <= MAX_ENTRY_BYTES
            && Long.bitCount(entryBytes) == 1;
    if (!size || count > MAX_TABLE_BYTES / entryBytes) {
      return Optional.of("it has %d entries of %d bytes".formatted(count, entryBytes));
    }
    long first = header.getLong(72);
    long sectors = disk.virtualSize() / sectorBytes;
    long length = (count * entryBytes + sectorBytes - 1) / sectorBytes;
    if (first < 0 || first > sectors - length) {
      return Optional.of("its entries at sector %d end behind the disk".formatted(first));
    }
    return Optional.empty();
  }

  private List<DiskFacts.Partition> partitions(
      ByteBuffer entries, int entryBytes, int sectorBytes) {
    List<DiskFacts.Partition> partitions = new ArrayList<>();
    for (int i = 0; i < entries.limit() / entryBytes; i++) {
      int at = i * entryBytes;
      UUID type = guid(entries, at);
      if (type.equals(UNUSED)) {
        continue;
      }
      int number = i + 1;
      long first = entries.getLong(at + 32);
      long last = entries.getLong(at + 40);
      long sectors = disk.virtualSize() / sectorBytes;
      if (first < 1 || last < first || first >= sectors) {
        damages.add(
            "partition %d is from sector %d to %d of a disk of %d"
                .formatted(number, first, last, sectors));
        continue;
      }
      if (last >= sectors) {
        damages.add(
            "partition %d ends at sector %d, behind the disk's end of %d"
                .formatted(number, last, sectors));
        last = sectors - 1;
      }
      partitions.add(
          new DiskFacts.Partition(
              number,
              first * sectorBytes,
              (last - first + 1) * sectorBytes,
              type.toString().toUpperCase(Locale.ROOT),
              (entries.getLong(at + 48) & LEGACY_BOOTABLE) != 0,
              Optional.of(guid(entries, at + 16).toString())));
    }
    return List.copyOf(partitions);
  }

  /** A GUID: three little-endian numbers, then eight bytes as they are. */
  private static UUID guid(ByteBuffer bytes, int at) {
    long high =
        Integer.toUnsignedLong(bytes.getInt(at)) << 32
            | Short.toUnsignedLong(bytes.getShort(at + 4)) << 16
            | Short.toUnsignedLong(bytes.getShort(at + 6));
    return new UUID(high, bytes.duplicate().order(ByteOrder.BIG_ENDIAN).getLong(at + 8));
  }

  private static int crc(ByteBuffer bytes) {
    CRC32 crc = new CRC32();
    crc.update(bytes.duplicate());
    return (int) crc.getValue();
  }
}
