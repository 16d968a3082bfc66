package io.vmferry.guest.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.Tools;
import io.vmferry.disk.io.FileByteSource;
import io.vmferry.disk.raw.RawFormat;
import io.vmferry.error.ErrorCode;
import io.vmferry.guest.FileSystemFacts;
import io.vmferry.guest.Finding;
import io.vmferry.guest.Firmware;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskInspectionTest {
  private static final int MIB = 1 << 20;
  private static final String UUID = "0f0e0d0c-0000-4000-8000-0000000000aa";

  @TempDir Path directory;

  @Test
  void tellsWhatLiesInPartitionsAndWholeDisks() throws IOException {
    Path first = disk("first", 32);
    partition(first, "label: dos\nlabel-id: 0x1\nstart=2048, size=40960, type=83, bootable\n");
    Tools.run(
        "mkfs.ext4",
        "-q",
        "-F",
        "-U",
        UUID,
        "-L",
        "root",
        "-E",
        "offset=" + MIB,
        first.toString(),
        "20M");
    write(first, "\u00ebc\u0090GRUB \0Geom");
    Path second = disk("second", 16);
    Tools.run("mkfs.ext2", "-q", "-F", second.toString());
    DiskInspection inspection = inspect(first, second);
    assertThat(inspection.contents().getFirst())
        .isEqualTo(
            new FileSystemFacts(
                "/dev/sda1",
                "ext4",
                OptionalInt.of(0),
                OptionalInt.of(1),
                Optional.of(UUID),
                Optional.of("root"),
                Optional.of("00000001-01"),
                List.of(),
                Optional.empty()));
    FileSystemFacts whole = inspection.contents().getLast();
    assertThat(whole.device()).isEqualTo("/dev/sdb");
    assertThat(whole.type()).isEqualTo("ext2");
    assertThat(whole.partition()).isEmpty();
    assertThat(inspection.firmware()).isEqualTo(Firmware.BIOS);
    assertThat(inspection.findings()).isEmpty();
  }

  @Test
  void refusesABitLockerVolumeAndTellsWhatIsNotKnown() throws IOException {
    Path disk = disk("disk", 8);
    partition(
        disk,
        "label: dos\nstart=2048, size=2048, type=7, bootable\nstart=4096, size=2048, type=83\n");
    write(disk, "3\u00c0Invalid partition table");
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.seek(MIB + 3);
      file.write("-FVE-FS-".getBytes(StandardCharsets.US_ASCII));
    }
    assertThat(inspect(disk).findings())
        .extracting(Finding::code)
        .containsExactly(ErrorCode.DISK_ENCRYPTED, ErrorCode.FILE_SYSTEM_UNKNOWN);
  }

  @Test
  void refusesAFileSystemWithoutAPartition() throws IOException {
    Path disk = disk("disk", 16);
    Tools.run("mkfs.ext4", "-q", "-F", disk.toString());
    assertThat(inspect(disk).findings())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.code()).isEqualTo(ErrorCode.PARTITION_NONE);
              assertThat(finding.detail()).isEqualTo("the first disk is one file system (ext4)");
            });
  }

  private Path disk(String name, int mebibytes) throws IOException {
    Path disk = directory.resolve(name);
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.setLength((long) mebibytes * MIB);
    }
    return disk;
  }

  private static void partition(Path disk, String script) throws IOException {
    Path input = Files.writeString(disk.resolveSibling(disk.getFileName() + ".sfdisk"), script);
    Tools.require("sfdisk");
    Tools.run("sh", "-c", "sfdisk -q " + disk + " < " + input);
  }

  private static void write(Path disk, String code) throws IOException {
    try (RandomAccessFile file = new RandomAccessFile(disk.toFile(), "rw")) {
      file.write(code.getBytes(StandardCharsets.ISO_8859_1));
    }
  }

  private static DiskInspection inspect(Path... files) throws IOException {
    List<DiskImage> disks = new ArrayList<>();
    try {
      for (Path file : files) {
        disks.add(new RawFormat().open(FileByteSource.open(file), ReferenceResolver.REFUSE));
      }
      return DiskInspection.read(disks);
    } finally {
      for (DiskImage disk : disks) {
        disk.close();
      }
    }
  }
}
