package io.vmferry.disk.filesystem;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.Tools;
import io.vmferry.disk.io.ByteArraySource;
import io.vmferry.disk.io.FileByteSource;
import io.vmferry.disk.raw.RawFormat;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ContentProbeTest {
  private static final long MIB = 1L << 20;

  @TempDir Path directory;

  /** blkid is the other opinion. */
  @ParameterizedTest
  @CsvSource({
    "ext2,     8, mkfs.ext2 -q -F -L two FILE",
    "ext3,    16, mkfs.ext3 -q -F -L three FILE",
    "ext4,    16, mkfs.ext4 -q -F -L four FILE",
    "xfs,    320, mkfs.xfs -q -f -L x FILE",
    "btrfs,  128, mkfs.btrfs -q -f -L b FILE",
    "vfat,     8, mkfs.vfat -n DATA FILE",
    "vfat,    64, mkfs.vfat -F 32 FILE",
    "ntfs,    16, mkfs.ntfs -q -F FILE",
    "swap,     8, mkswap -L s FILE",
    "crypto_LUKS, 32, cryptsetup luksFormat -q --type luks1 --pbkdf-force-iterations 1000 --key-file /etc/hostname FILE",
    "crypto_LUKS, 32, cryptsetup luksFormat -q --type luks2 --label l --pbkdf pbkdf2 --pbkdf-force-iterations 1000 --key-file /etc/hostname FILE",
  })
  void agreesWithBlkid(String type, int mebibytes, String command) throws IOException {
    Path file = directory.resolve("disk");
    try (RandomAccessFile access = new RandomAccessFile(file.toFile(), "rw")) {
      access.setLength(mebibytes * MIB);
    }
    String[] words = command.replace("FILE", file.toString()).split(" ", -1);
    Tools.require(words[0]);
    Tools.run(words[0], Arrays.copyOfRange(words, 1, words.length));
    Map<String, String> blkid =
        Tools.run("blkid", "-p", "-o", "export", file.toString())
            .lines()
            .filter(line -> line.contains("="))
            .collect(
                Collectors.toMap(
                    line -> line.substring(0, line.indexOf('=')),
                    line -> line.substring(line.indexOf('=') + 1).replace("\\ ", " ")));
    Content content = probe(file).orElseThrow();
    assertThat(content.type()).isEqualTo(type).isEqualTo(blkid.get("TYPE"));
    assertThat(content.uuid()).isEqualTo(Optional.ofNullable(blkid.get("UUID")));
    assertThat(content.label()).isEqualTo(Optional.ofNullable(blkid.get("LABEL")));
  }

  @Test
  void knowsAPhysicalVolume() {
    byte[] bytes = new byte[65536];
    put(bytes, 512, "LABELONE");
    bytes[512 + 20] = 32;
    put(bytes, 512 + 24, "LVM2 001");
    put(bytes, 512 + 32, "aaaaaabbbbccccddddeeeeffffgggggg");
    assertThat(probe(bytes))
        .contains(
            new Content(
                "LVM2_member",
                Optional.of("aaaaaa-bbbb-cccc-dddd-eeee-ffff-gggggg"),
                Optional.empty()));
  }

  @Test
  void knowsWhatNoToolHereMakes() {
    byte[] jfs = new byte[65536];
    put(jfs, 0x8000, "JFS1");
    put(jfs, 0x8000 + 152, "vol");
    assertThat(probe(jfs)).contains(new Content("jfs", Optional.empty(), Optional.of("vol")));
    byte[] reiser = new byte[0x11000];
    put(reiser, 0x10000 + 52, "ReIsEr2Fs");
    assertThat(probe(reiser)).map(Content::type).contains("reiserfs");
    byte[] bitLocker = new byte[4096];
    put(bitLocker, 3, "-FVE-FS-");
    assertThat(probe(bitLocker)).map(Content::isEncrypted).contains(true);
    byte[] iso = new byte[0x9000];
    put(iso, 0x8001, "CD001");
    put(iso, 0x8000 + 40, "DISC                            ");
    put(iso, 0x8000 + 830, "2024010203040506");
    assertThat(probe(iso))
        .contains(
            new Content("iso9660", Optional.of("2024-01-02-03-04-05-06"), Optional.of("DISC")));
    byte[] suspended = new byte[8192];
    put(suspended, 4086, "S1SUSPEND");
    assertThat(probe(suspended)).map(Content::type).contains("swsuspend");
  }

  @Test
  void findsRaidMembersAtTheirEnd() {
    byte[] old = new byte[1 << 20];
    putRaid(old, (1 << 20) - 0x10000, 0);
    assertThat(probe(old)).map(Content::type).contains("linux_raid_member");
    byte[] newer = new byte[1 << 20];
    putRaid(newer, (1 << 20) - 8192, 1);
    assertThat(probe(newer)).map(Content::type).contains("linux_raid_member");
  }

  @Test
  void takesNothingForNothing() {
    assertThat(probe(new byte[1])).isEmpty();
    assertThat(probe(new byte[1 << 20])).isEmpty();
  }

  private static void putRaid(byte[] bytes, int at, int version) {
    byte[] magic = {(byte) 0xfc, 0x4e, 0x2b, (byte) 0xa9, (byte) version};
    System.arraycopy(magic, 0, bytes, at, magic.length);
    bytes[at + 20] = 1;
  }

  private static void put(byte[] bytes, int at, String text) {
    byte[] what = text.getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(what, 0, bytes, at, what.length);
  }

  private static Optional<Content> probe(Path file) throws IOException {
    try (DiskImage disk =
        new RawFormat().open(FileByteSource.open(file), ReferenceResolver.REFUSE)) {
      return ContentProbe.probe(disk, 0, disk.virtualSize());
    }
  }

  private static Optional<Content> probe(byte[] bytes) {
    ByteArraySource source = new ByteArraySource("disk", bytes);
    try (DiskImage disk = new RawFormat().open(source, ReferenceResolver.REFUSE)) {
      return ContentProbe.probe(disk, 0, disk.virtualSize());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
