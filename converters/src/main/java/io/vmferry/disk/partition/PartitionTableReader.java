package io.vmferry.disk.partition;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.partition.DiskLayout.BootCode;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.DiskFacts;
import io.vmferry.guest.DiskFacts.PartitionTable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;

/**
 * Reads a disk's partition table: a master boot record with its chain of logical partitions, or a
 * GUID partition table (UEFI Specification 2.10, chapter 5) with 512 or 4096-byte sectors, from its
 * backup where the primary one is damaged. Reads at most a few MiB, whatever the table says.
 */
public final class PartitionTableReader {
  static final int SECTOR = 512;
  private static final int SIGNATURE_AT = 510;
  private static final int SIGNATURE = 0xaa55;
  private static final int BOOT_CODE_BYTES = 440;
  private static final Set<String> LDM_TYPES =
      Set.of("42", "5808C8AA-7E8F-42E0-85D2-E1E90434CFB3", "AF9B60A0-1431-4F62-BC68-3311714A69AD");

  private PartitionTableReader() {}

  /**
   * Reads a disk's partition table.
   *
   * @param index the disk's place among the machine's
   * @throws VmferryException {@link ErrorCode#PARTITION_TABLE_INVALID} if it has a GPT of which
   *     neither the primary nor the backup is whole, or what the image throws
   * @throws IOException if the image cannot be read
   */
  public static DiskLayout read(int index, DiskImage disk) throws IOException {
    if (disk.virtualSize() < SECTOR) {
      return none(index, disk, BootCode.NONE);
    }
    ByteBuffer sector = bytes(disk, 0, SECTOR);
    if (Short.toUnsignedInt(sector.getShort(SIGNATURE_AT)) != SIGNATURE) {
      return none(index, disk, BootCode.NONE);
    }
    BootCode code = bootCode(sector);
    MbrEntry[] entries = MbrEntry.table(sector);
    boolean plausible = true;
    boolean used = false;
    boolean protective = false;
    for (MbrEntry entry : entries) {
      plausible &= entry.isPlausible();
      used |= entry.isUsed();
      protective |= entry.isProtective();
    }
    if (plausible && protective) {
      return gpt(index, disk, entries, code);
    }
    if (!plausible || (!used && isFileSystem(sector))) {
      return none(index, disk, code);
    }
    MbrReader reader = new MbrReader(disk);
    List<DiskFacts.Partition> partitions = reader.read(sector, entries);
    DiskFacts facts = new DiskFacts(index, disk.virtualSize(), PartitionTable.MBR, partitions);
    return new DiskLayout(
        facts, SECTOR, code, isDynamic(partitions), false, List.copyOf(reader.damages()));
  }

  private static DiskLayout gpt(int index, DiskImage disk, MbrEntry[] entries, BootCode code)
      throws IOException {
    GptReader reader = new GptReader(disk);
    GptReader.Table table = reader.read();
    boolean hybrid = false;
    for (MbrEntry entry : entries) {
      hybrid |= entry.isUsed() && !entry.isProtective();
    }
    DiskFacts facts =
        new DiskFacts(index, disk.virtualSize(), PartitionTable.GPT, table.partitions());
    return new DiskLayout(
        facts,
        table.sectorBytes(),
        code,
        isDynamic(table.partitions()),
        hybrid,
        List.copyOf(reader.damages()));
  }

  private static DiskLayout none(int index, DiskImage disk, BootCode code) {
    return new DiskLayout(
        new DiskFacts(index, disk.virtualSize(), PartitionTable.NONE, List.of()),
        SECTOR,
        code,
        false,
        false,
        List.of());
  }

  private static boolean isDynamic(List<DiskFacts.Partition> partitions) {
    return partitions.stream().anyMatch(partition -> LDM_TYPES.contains(partition.type()));
  }

  /** Whether a sector is the first one of a FAT, exFAT or NTFS file system. */
  private static boolean isFileSystem(ByteBuffer sector) {
    String oem = text(sector, 3, 8);
    return oem.equals("NTFS    ")
        || oem.equals("EXFAT   ")
        || oem.equals("-FVE-FS-")
        || text(sector, 0x36, 3).equals("FAT")
        || text(sector, 0x52, 5).equals("FAT32");
  }

  private static BootCode bootCode(ByteBuffer sector) {
    boolean empty = true;
    for (int i = 0; i < BOOT_CODE_BYTES && empty; i++) {
      empty = sector.get(i) == 0;
    }
    if (empty) {
      return BootCode.NONE;
    }
    String code = text(sector, 0, BOOT_CODE_BYTES);
    if (code.contains("GRUB ")) {
      return BootCode.GRUB;
    }
    if (code.startsWith("LILO", 6)) {
      return BootCode.LILO;
    }
    if (code.contains("Error loading operating system")
        || code.contains("Invalid partition table")) {
      return BootCode.WINDOWS;
    }
    if (code.contains("Operating system load error") || code.contains("Missing operating system")) {
      return BootCode.SYSLINUX;
    }
    return BootCode.OTHER;
  }

  private static String text(ByteBuffer bytes, int offset, int length) {
    byte[] text = new byte[length];
    bytes.get(offset, text);
    return new String(text, StandardCharsets.ISO_8859_1);
  }

  /** A disk's bytes in little-endian order; the range must be inside the disk. */
  static ByteBuffer bytes(DiskImage disk, long offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    disk.readFully(offset, buffer);
    return buffer.flip();
  }
}
