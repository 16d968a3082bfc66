package io.vmferry.guest.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import io.vmferry.disk.Tools;
import io.vmferry.guest.InMemoryGuest;
import io.vmferry.guest.SyntheticBinaries;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class InitramfsReaderTest {
  private static final List<String> NAMES =
      List.of(
          "init",
          "usr/lib/modules/6.1/kernel/drivers/nvme/host/nvme.ko.zst",
          "usr/lib/modules/6.1/kernel/drivers/block/xen-blkfront.ko",
          "usr/lib/modules/6.1/modules.dep");

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"none", "gzip", "bzip2", "xz", "lzma", "lz4", "zstd"})
  void readsEveryCompressionBetweenPlainArchives(String method) throws IOException {
    ByteArrayOutputStream file = new ByteArrayOutputStream();
    file.writeBytes(SyntheticBinaries.initramfs(List.of("microcode", method), NAMES));
    file.writeBytes(new byte[-file.size() & 511]);
    file.writeBytes(SyntheticBinaries.cpio(List.of("usr/lib/modules/6.1/ena.ko")));
    assertThat(modules(file.toByteArray()))
        .containsExactlyInAnyOrder("nvme", "xen_blkfront", "ena");
  }

  /** Archives as the tools of distributions make them, of files with content. */
  @ParameterizedTest
  @CsvSource({
    "gzip, gzip -9n",
    "xz, xz --check=crc32 --lzma2=dict=1MiB",
    "xz, xz --format=lzma",
    "zstd, zstd -q -19 -T2",
    "zstd, zstd -q -1 --no-check",
    "lz4, lz4 -q -l",
    "bzip2, bzip2",
  })
  void readsWhatTheToolsOfDistributionsMake(String program, String command) throws IOException {
    Tools.require("cpio");
    Tools.require(program);
    Path root = directory.resolve("root");
    for (String name : NAMES) {
      Path file = root.resolve(name);
      Files.createDirectories(file.getParent());
      Files.writeString(file, name.repeat(100_000));
    }
    Path image = directory.resolve("image");
    Tools.run(
        "sh",
        "-c",
        "cd %s && find . | cpio -o -H newc --quiet | %s > %s && cp %s %s.twice && cat %s >> %s.twice"
            .formatted(root, command, image, image, image, image, image));
    for (String name : List.of("image", "image.twice")) {
      assertThat(modules(Files.readAllBytes(directory.resolve(name))))
          .containsExactlyInAnyOrder("nvme", "xen_blkfront");
    }
  }

  @Test
  void endsWhenItHasFoundEnough() throws IOException {
    byte[] damagedBehind =
        concatenate(SyntheticBinaries.cpio(NAMES), "garbage".getBytes(StandardCharsets.US_ASCII));
    InMemoryGuest guest = new InMemoryGuest().file("/i", damagedBehind, 0644);
    assertThat(InitramfsReader.modules(guest, "/i", found -> found.contains("nvme")))
        .containsExactly("nvme");
    assertThatIOException()
        .isThrownBy(() -> InitramfsReader.modules(guest, "/i", found -> false))
        .withMessageContaining("neither an archive nor a compression");
  }

  @ParameterizedTest
  @ValueSource(strings = {"none", "gzip", "bzip2", "xz", "lzma", "lz4", "zstd"})
  void refusesWhatIsCutOff(String method) {
    byte[] whole = SyntheticBinaries.compress(method, SyntheticBinaries.cpio(NAMES));
    assertThatIOException()
        .isThrownBy(() -> modules(Arrays.copyOf(whole, Math.min(whole.length / 2, 150))));
  }

  @Test
  void refusesWhatUnpacksToFarMoreThanAnyInitramfs() {
    byte[] header =
        new String(SyntheticBinaries.cpio(List.of("x")), StandardCharsets.ISO_8859_1)
            .replaceFirst("^(.{54}).{8}", "$1ffffffff")
            .getBytes(StandardCharsets.ISO_8859_1);
    assertThatIOException()
        .isThrownBy(() -> modules(header))
        .withMessageContaining("unpacks to more than");
  }

  /** Distributions use windows of up to 8 MiB. */
  @Test
  void tellsAZstandardWindowThatIsTooLarge() throws IOException {
    Tools.require("zstd");
    Path plain = directory.resolve("plain");
    Files.writeString(plain, "070701".repeat(1 << 16));
    Tools.run("sh", "-c", "cat %s | zstd -q --long=27 > %s.zst".formatted(plain, plain));
    byte[] frames = Files.readAllBytes(directory.resolve("plain.zst"));
    assertThatIOException().isThrownBy(() -> modules(frames)).withMessageContaining("indow");
  }

  private static byte[] concatenate(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }

  private static Set<String> modules(byte[] bytes) throws IOException {
    InMemoryGuest guest = new InMemoryGuest().file("/boot/initrd", bytes, 0600);
    return InitramfsReader.modules(guest, "/boot/initrd", found -> false);
  }
}
