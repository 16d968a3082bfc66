package io.vmferry.disk.partition;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.Tools;
import io.vmferry.disk.io.ByteArraySource;
import io.vmferry.disk.io.FileByteSource;
import io.vmferry.disk.partition.DiskLayout.BootCode;
import io.vmferry.disk.raw.RawFormat;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.DiskFacts.Partition;
import io.vmferry.guest.DiskFacts.PartitionTable;
import io.vmferry.guest.Firmware;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PartitionTableReaderTest {
  private static final int SECTOR = 512;
  private static final int MIB = 1 << 20;

  @TempDir Path directory;

  @Test
  void readsPrimaryAndLogicalPartitionsAsSfdiskWritesThem() throws IOException {
    Path disk =
        sfdisk(
            64,
            """
        label: dos
        label-id: 0x12ab34cd
        start=2048, size=20480, type=83, bootable
        start=22528, size=81920, type=5
        start=24576, size=20480, type=8e
        start=47104, size=20480, type=82
        """);
    DiskLayout layout = read(disk);
    assertThat(layout.facts().table()).isEqualTo(PartitionTable.MBR);
    assertThat(layout.facts().partitions())
        .containsExactly(
            new Partition(1, MIB, 10 * MIB, "83", true, Optional.of("12ab34cd-01")),
            new Partition(2, 11 * MIB, 40L * MIB, "05", false, Optional.of("12ab34cd-02")),
            new Partition(5, 12 * MIB, 10 * MIB, "8e", false, Optional.of("12ab34cd-05")),
            new Partition(6, 23 * MIB, 10 * MIB, "82", false, Optional.of("12ab34cd-06")));
    assertThat(layout.contentPartitions()).extracting(Partition::number).containsExactly(1, 5, 6);
    assertThat(layout.damages()).isEmpty();
    assertThat(layout.bootCode()).isEqualTo(BootCode.NONE);
    assertThat(layout.firmware()).isEqualTo(Firmware.NONE);
  }

  @Test
  void readsAGptAsSgdiskWritesIt() throws IOException {
    DiskLayout layout = read(gpt());
    assertThat(layout.facts().table()).isEqualTo(PartitionTable.GPT);
    assertThat(layout.sectorBytes()).isEqualTo(SECTOR);
    assertThat(layout.facts().partitions())
        .containsExactly(
            new Partition(
                1,
                MIB,
                MIB,
                DiskLayout.BIOS_BOOT,
                false,
                Optional.of("00000000-0000-0000-0000-00000000ab01")),
            new Partition(
                3,
                2 * MIB,
                8 * MIB,
                DiskLayout.EFI_SYSTEM,
                true,
                Optional.of("00000000-0000-0000-0000-00000000ab03")));
    assertThat(layout.hybrid()).isFalse();
    assertThat(layout.dynamic()).isFalse();
    assertThat(layout.firmware()).isEqualTo(Firmware.UEFI);
  }

  @Test
  void readsTheBackupWhereThePrimaryIsDamaged() throws IOException {
    Path disk = gpt();
    var whole = read(disk).facts();
    for (int damaged : new int[] {SECTOR + 60, 2 * SECTOR + 5}) {
      Path copy = Files.copy(disk, directory.resolve("copy" + damaged));
      overwrite(copy, damaged, (byte) 0x5a);
      DiskLayout layout = read(copy);
      assertThat(layout.facts()).isEqualTo(whole);
      assertThat(layout.damages()).singleElement().asString().contains("backup");
      overwrite(copy, Files.size(copy) - SECTOR + 20, (byte) 0x5a);
      assertThatThrownBy(() -> read(copy))
          .isInstanceOfSatisfying(
              VmferryException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.PARTITION_TABLE_INVALID))
          .hasMessageContaining("checksum");
    }
  }

  @Test
  void readsAGptOfLargeSectors() throws IOException {
    byte[] disk = GptBuilder.gpt(4 * MIB, 4096);
    DiskLayout layout = read(disk);
    assertThat(layout.sectorBytes()).isEqualTo(4096);
    assertThat(layout.facts().partitions())
        .singleElement()
        .satisfies(
            partition -> {
              assertThat(partition.start()).isEqualTo(256L * 4096);
              assertThat(partition.bytes()).isEqualTo(100L * 4096);
            });
  }

  @Test
  void tellsHybridAndDynamicDisks() throws IOException {
    byte[] hybrid = GptBuilder.gpt(4 * MIB, SECTOR);
    entry(hybrid, 0, 1, 0x0c, 256, 100, 0x80);
    assertThat(read(hybrid).hybrid()).isTrue();
    byte[] dynamic = new byte[MIB];
    entry(dynamic, 0, 0, 0x42, 63, 1000, 0x80);
    assertThat(read(dynamic).dynamic()).isTrue();
  }

  @Test
  void endsChainsOfLogicalPartitionsThatLoopOrLeaveTheDisk() throws IOException {
    byte[] disk = new byte[MIB];
    entry(disk, 0, 0, 0x05, 100, 1000, 0);
    entry(disk, 100, 0, 0x83, 10, 10, 0);
    entry(disk, 100, 1, 0x05, 0, 10, 0);
    DiskLayout loop = read(disk);
    assertThat(loop.facts().partitions()).extracting(Partition::number).containsExactly(1, 5);
    assertThat(loop.damages()).singleElement().asString().contains("comes back to sector 100");
    entry(disk, 100, 1, 0x05, 0x7fffffff, 10, 0);
    assertThat(read(disk).damages()).singleElement().asString().contains("behind the disk's end");
    entry(disk, 100, 1, 0x05, 500, 10, 0);
    assertThat(read(disk).damages())
        .singleElement()
        .asString()
        .contains("no extended boot record at sector 600");
  }

  @Test
  void tellsPartitionsBehindTheDisksEnd() throws IOException {
    byte[] disk = new byte[MIB];
    entry(disk, 0, 0, 0x83, 100, 4000, 0);
    entry(disk, 0, 1, 0x83, 9000, 4000, 0);
    DiskLayout layout = read(disk);
    assertThat(layout.facts().partitions())
        .containsExactly(new Partition(1, 51200, MIB - 51200, "83", false, Optional.empty()));
    assertThat(layout.damages()).hasSize(2);
  }

  @Test
  void tellsAFileSystemAsAWhole() throws IOException {
    Path disk = directory.resolve("floppy");
    Files.write(disk, new byte[2 * MIB]);
    Tools.run("mkfs.vfat", "-I", disk.toString());
    assertThat(read(disk).facts().table()).isEqualTo(PartitionTable.NONE);
    assertThat(read(new byte[0x10]).facts().table()).isEqualTo(PartitionTable.NONE);
    byte[] code = new byte[MIB];
    entry(code, 0, 0, 0x83, 100, 100, 0x33);
    assertThat(read(code).facts().table()).isEqualTo(PartitionTable.NONE);
  }

  @Test
  void tellsWhatTheBootCodeIs() throws IOException {
    assertThat(bootCode("\u00ebc\u0090        GRUB \0Geom\0Hard Disk\0Read\0 Error\r\n"))
        .isEqualTo(BootCode.GRUB);
    assertThat(bootCode("\u00fa\u00eb!\u0001\u00b4\u0001LILO")).isEqualTo(BootCode.LILO);
    assertThat(bootCode("3\u00c0Invalid partition table\0Error loading operating system"))
        .isEqualTo(BootCode.WINDOWS);
    assertThat(bootCode("3\u00c0Missing operating system.\r\n")).isEqualTo(BootCode.SYSLINUX);
    assertThat(bootCode("x")).isEqualTo(BootCode.OTHER);
  }

  @Test
  void takesABiosForWhatBootCodeAndPartitionsTogetherBoot() throws IOException {
    byte[] disk = new byte[MIB];
    entry(disk, 0, 0, 0x83, 100, 100, 0);
    put(disk, "3\u00c0Invalid partition table");
    assertThat(read(disk).firmware()).isEqualTo(Firmware.NONE);
    entry(disk, 0, 0, 0x83, 100, 100, 0x80);
    assertThat(read(disk).firmware()).isEqualTo(Firmware.BIOS);
    entry(disk, 0, 1, 0xef, 300, 100, 0);
    assertThat(read(disk).firmware()).isEqualTo(Firmware.BIOS_AND_UEFI);

    Path gpt = gpt();
    byte[] both = Files.readAllBytes(gpt);
    put(both, "\u00ebc\u0090GRUB \0Geom");
    assertThat(read(both).firmware()).isEqualTo(Firmware.BIOS_AND_UEFI);
  }

  private BootCode bootCode(String code) throws IOException {
    byte[] disk = new byte[MIB];
    entry(disk, 0, 0, 0x83, 100, 100, 0);
    put(disk, code);
    return read(disk).bootCode();
  }

  private static void put(byte[] disk, String code) {
    byte[] bytes = code.getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(bytes, 0, disk, 0, bytes.length);
  }

  static void entry(
      byte[] disk, int sector, int index, int type, int first, int sectors, int status) {
    ByteBuffer record =
        ByteBuffer.wrap(disk, sector * SECTOR, SECTOR).slice().order(ByteOrder.LITTLE_ENDIAN);
    int at = 446 + 16 * index;
    record.put(at, (byte) status).put(at + 4, (byte) type);
    record.putInt(at + 8, first).putInt(at + 12, sectors).putShort(510, (short) 0xaa55);
  }

  private Path gpt() throws IOException {
    return sfdisk(
        16,
        """
        label: gpt
        1: start=2048, size=2048, type=21686148-6449-6E6F-744E-656564454649, uuid=00000000-0000-0000-0000-00000000AB01
        3: start=4096, size=16384, type=C12A7328-F81F-11D2-BA4B-00A0C93EC93B, uuid=00000000-0000-0000-0000-00000000AB03, attrs="LegacyBIOSBootable"
        """);
  }

  private Path sfdisk(int mebibytes, String script) throws IOException {
    Path disk = Files.createTempFile(directory, "disk", ".raw");
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength((long) mebibytes * MIB);
    }
    Path input = Files.writeString(disk.resolveSibling(disk.getFileName() + ".sfdisk"), script);
    Tools.require("sfdisk");
    Tools.run("sh", "-c", "sfdisk -q " + disk + " < " + input);
    return disk;
  }

  private static void overwrite(Path file, long at, byte value) throws IOException {
    try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
      access.seek(at);
      access.write(value);
    }
  }

  private static DiskLayout read(Path file) throws IOException {
    try (DiskImage disk =
        new RawFormat().open(FileByteSource.open(file), ReferenceResolver.REFUSE)) {
      return PartitionTableReader.read(0, disk);
    }
  }

  private static DiskLayout read(byte[] bytes) throws IOException {
    ByteArraySource source = new ByteArraySource("disk", bytes);
    try (DiskImage disk = new RawFormat().open(source, ReferenceResolver.REFUSE)) {
      return PartitionTableReader.read(0, disk);
    }
  }
}
