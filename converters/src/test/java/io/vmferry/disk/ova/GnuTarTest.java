package io.vmferry.disk.ova;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.Tools;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.io.FileByteSource;
import io.vmferry.error.ErrorCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Archives as GNU tar makes them. */
class GnuTarTest {
  private static final byte[] DISK = new byte[100_001];

  static {
    new Random(5).nextBytes(DISK);
  }

  @TempDir private Path folder;

  @ParameterizedTest
  @ValueSource(strings = {"v7", "oldgnu", "gnu", "ustar", "pax"})
  void readsEveryFormat(String format) throws IOException {
    write("vm.ovf", Ovfs.oneDisk("disk.vmdk").getBytes(StandardCharsets.UTF_8));
    write("disk.vmdk", DISK);
    try (OvaArchive ova = open(tar("--format=" + format, "disk.vmdk", "vm.ovf"))) {
      assertThat(disk(ova)).isEqualTo(DISK);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"oldgnu", "gnu", "ustar", "pax"})
  void readsAFolderWithLongAndForeignNames(String format) throws IOException {
    String name = "Größe " + "ü".repeat(60) + " disk.vmdk";
    String deep = "deep ".repeat(20).strip();
    Path in = Files.createDirectories(folder.resolve("machine").resolve(deep));
    Files.writeString(in.resolve("vm.ovf"), Ovfs.oneDisk(name));
    Files.write(in.resolve(name), DISK);
    // Ustar has room for a name of 100 bytes and a folder of 155.
    boolean fits = !format.equals("ustar");
    if (!fits) {
      Files.move(in.resolve(name), in.resolve("Größe.vmdk"));
      Files.writeString(in.resolve("vm.ovf"), Ovfs.oneDisk("Größe.vmdk"));
    }
    try (OvaArchive ova = open(tar("--format=" + format, "./machine"))) {
      assertThat(ova.members())
          .extracting(OvaArchive.Member::name)
          .allMatch(member -> member.startsWith("machine/deep "));
      assertThat(disk(ova)).isEqualTo(DISK);
    }
  }

  @ParameterizedTest
  @CsvSource({"gnu, 512", "pax, 1536"})
  void readsAMemberOver8Gib(String format, int dataAt) throws IOException {
    long size = (8L << 30) + 512;
    try (FileChannel disk =
        FileChannel.open(
            folder.resolve("disk.raw"),
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      disk.write(ByteBuffer.wrap(new byte[] {7}), size - 1);
    }
    write("vm.ovf", Ovfs.oneDisk("disk.raw").getBytes(StandardCharsets.UTF_8));
    // Only tar's headers: there is no need to wait for 8 GiB of zeros between them.
    Path head = folder.resolve("head");
    Tools.require("tar");
    Tools.run(
        "sh",
        "-c",
        "tar --format=%s -C '%s' -cf - disk.raw 2>'%s.err' | head -c %d >'%s'"
            .formatted(format, folder, head, dataAt, head));
    SparseSource archive =
        new SparseSource()
            .append(Files.readAllBytes(head))
            .appendZeros(size)
            .append(Files.readAllBytes(tar("--format=" + format, "vm.ovf")));
    try (OvaArchive ova = OvaArchive.open(archive)) {
      assertThat(ova.members().getFirst())
          .isEqualTo(new OvaArchive.Member("disk.raw", dataAt, size));
      assertThat(ova.virtualSystem().disks().getFirst().fileName()).contains("disk.raw");
    }
  }

  @Test
  void readsWhatWasAppendedLater() throws IOException {
    write("vm.ovf", Ovfs.oneDisk("disk.vmdk").getBytes(StandardCharsets.UTF_8));
    write("disk.vmdk", DISK);
    Path archive = tar("--format=gnu", "vm.ovf");
    Tools.run("tar", "-C", folder.toString(), "-rf", archive.toString(), "disk.vmdk");
    try (OvaArchive ova = open(archive)) {
      assertThat(disk(ova)).isEqualTo(DISK);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gnu", "pax"})
  void doesNotFollowLinks(String format) throws IOException {
    write("vm.ovf", Ovfs.oneDisk("disk.vmdk").getBytes(StandardCharsets.UTF_8));
    Files.createSymbolicLink(folder.resolve("disk.vmdk"), Path.of("/etc/passwd"));
    Path archive = tar("--format=" + format, "vm.ovf", "disk.vmdk");
    Failures.assertFails(() -> open(archive).close(), ErrorCode.OVF_FILE_MISSING, "disk.vmdk");
  }

  @ParameterizedTest
  @ValueSource(strings = {"gnu", "pax"})
  void refusesSparseMembers(String format) throws IOException {
    try (FileChannel disk =
        FileChannel.open(
            folder.resolve("disk.vmdk"),
            StandardOpenOption.CREATE_NEW,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      disk.write(ByteBuffer.wrap(DISK), 4 << 20);
    }
    Path archive = tar("--format=" + format, "--sparse", "--hole-detection=raw", "disk.vmdk");
    Failures.assertFails(() -> open(archive).close(), ErrorCode.OVA_TAR_INVALID, "sparse");
  }

  private void write(String name, byte[] content) throws IOException {
    Files.write(folder.resolve(name), content);
  }

  private Path tar(String... arguments) throws IOException {
    Path archive = folder.resolve("archive.ova");
    List<String> command =
        new ArrayList<>(List.of("-C", folder.toString(), "-cf", archive.toString()));
    Stream.of(arguments).forEach(command::add);
    Tools.run("tar", command.toArray(String[]::new));
    return archive;
  }

  private static OvaArchive open(Path archive) throws IOException {
    return OvaArchive.open(FileByteSource.open(archive));
  }

  private static byte[] disk(OvaArchive ova) throws IOException {
    try (ByteSource disk = ova.openDisk(ova.virtualSystem().disks().getFirst())) {
      byte[] content = new byte[(int) disk.size()];
      disk.readFully(0, ByteBuffer.wrap(content));
      return content;
    }
  }
}
