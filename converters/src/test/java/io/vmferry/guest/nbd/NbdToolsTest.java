package io.vmferry.guest.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.Tools;
import io.vmferry.disk.io.ByteArraySource;
import io.vmferry.disk.io.FileByteSource;
import io.vmferry.disk.overlay.OverlayImage;
import io.vmferry.disk.raw.RawFormat;
import io.vmferry.disk.vmdk.VmdkFormat;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients that others wrote: of qemu and of libnbd. */
@Timeout(300)
class NbdToolsTest {
  private static final int SIZE = (24 << 20) + 512;

  @TempDir Path directory;

  private static byte[] content() {
    byte[] content = new byte[SIZE];
    new Random(21).nextBytes(content);
    Arrays.fill(content, 4 << 20, 9 << 20, (byte) 0);
    return content;
  }

  /** A disk with a hole, and a layer to write to. */
  private OverlayImage overlay() throws IOException {
    Tools.require("qemu-img");
    Path raw = directory.resolve("source.raw");
    Path vmdk = directory.resolve("source.vmdk");
    Files.write(raw, content());
    Tools.run("qemu-img", "convert", "-O", "vmdk", raw.toString(), vmdk.toString());
    return OverlayImage.over(
        new VmdkFormat().open(FileByteSource.open(vmdk), ReferenceResolver.REFUSE),
        directory,
        1L << 30);
  }

  private static String qemuUri(NbdServer server) {
    return "nbd:unix:%s:exportname=disk".formatted(server.socket());
  }

  private static String uri(NbdServer server) {
    return "nbd+unix:///disk?socket=" + server.socket();
  }

  @Test
  void servesTheWholeDiskToQemuAndToLibnbd() throws IOException {
    Path byQemu = directory.resolve("qemu.raw");
    Path byLibnbd = directory.resolve("libnbd.raw");
    try (OverlayImage disk = overlay();
        NbdServer server = NbdServer.start(List.of(new NbdExport("disk", disk)), directory)) {
      Tools.run("qemu-img", "convert", "-O", "raw", qemuUri(server), byQemu.toString());
      Tools.run("nbdcopy", uri(server), byLibnbd.toString());
      assertThat(Tools.run("qemu-img", "map", "--output=json", qemuUri(server)))
          .contains("\"zero\": true");
      assertThat(server.failure()).isEmpty();
    }
    assertThat(Arrays.mismatch(Files.readAllBytes(byQemu), content())).isEqualTo(-1);
    assertThat(Arrays.mismatch(Files.readAllBytes(byLibnbd), content())).isEqualTo(-1);
  }

  @Test
  void tellsLibnbdWhatItCanDo() throws IOException {
    try (OverlayImage disk = overlay();
        DiskImage fixed =
            new RawFormat()
                .open(new ByteArraySource("fixed", new byte[512]), ReferenceResolver.REFUSE);
        NbdServer server =
            NbdServer.start(
                List.of(new NbdExport("disk", disk), new NbdExport("fixed", fixed)), directory)) {
      String info = Tools.run("nbdinfo", uri(server));
      assertThat(info)
          .contains("newstyle-fixed", "using structured packets", "export-size: " + SIZE)
          .contains("base:allocation", "is_read_only: false", "can_multi_conn: true")
          .contains("can_cache: true", "can_fast_zero: true", "can_fua: true", "can_trim: true")
          .contains("block_size_minimum: 1", "block_size_preferred: 4096")
          .contains("block_size_maximum: 33554432");
      assertThat(Tools.run("nbdinfo", "--list", uri(server)))
          .contains("export=\"disk\"", "export=\"fixed\"", "is_read_only: true");
      assertThat(Tools.run("nbdinfo", "--map", uri(server))).contains("hole,zero");
    }
  }

  @Test
  void takesWritesOfQemuAndSavesExactlyThem() throws IOException {
    byte[] expected = content();
    Path saved = directory.resolve("changes.vmdk");
    Path dump = directory.resolve("dump.raw");
    try (OverlayImage disk = overlay();
        NbdServer server = NbdServer.start(List.of(new NbdExport("disk", disk)), directory)) {
      Tools.run(
          "qemu-io",
          "-f",
          "raw",
          "-c",
          "write -P 0x5a 1000448 3000320",
          "-c",
          "write -z 12m 2m",
          "-c",
          "write -z -u 16m 100k",
          "-c",
          "write -P 7 -f 25165824 512",
          "-c",
          "discard 3m 1m",
          "-c",
          "read -P 0x5a 1000448 100000",
          "-c",
          "flush",
          qemuUri(server));
      Arrays.fill(expected, 1000448, 4000768, (byte) 0x5a);
      Arrays.fill(expected, 12 << 20, 14 << 20, (byte) 0);
      Arrays.fill(expected, 16 << 20, (16 << 20) + (100 << 10), (byte) 0);
      Arrays.fill(expected, 24 << 20, SIZE, (byte) 7);
      Tools.run("qemu-img", "convert", "-O", "raw", qemuUri(server), dump.toString());
      assertThat(server.failure()).isEmpty();
      try (OutputStream out = Files.newOutputStream(saved)) {
        assertThat(disk.save(out)).isPositive();
      }
      // From 1000448 to 4000768, the zeros, and the end.
      assertThat(disk.changedBlocks()).containsExactly(1, 2, 3, 4, 5, 6, 7, 24, 25, 26, 27, 32, 48);
    }
    byte[] actual = Files.readAllBytes(dump);
    // What was discarded reads as something that stays the same; nothing else may differ.
    System.arraycopy(actual, 3 << 20, expected, 3 << 20, 1 << 20);
    assertThat(Arrays.mismatch(actual, expected)).isEqualTo(-1);
    try (DiskImage changes =
        new VmdkFormat().open(FileByteSource.open(saved), ReferenceResolver.REFUSE)) {
      byte[] merged = content();
      for (int block : new int[] {1, 2, 3, 4, 5, 6, 7, 24, 25, 26, 27, 32, 48}) {
        int offset = block * OverlayImage.BLOCK_SIZE;
        int length = Math.min(OverlayImage.BLOCK_SIZE, SIZE - offset);
        changes.readFully(offset, ByteBuffer.wrap(merged, offset, length));
      }
      assertThat(Arrays.mismatch(merged, actual)).isEqualTo(-1);
    }
  }

  @Test
  void servesManyConnectionsThatWriteAtOnce() throws IOException {
    byte[] content = new byte[SIZE];
    new Random(99).nextBytes(content);
    Path raw = directory.resolve("new.raw");
    Files.write(raw, content);
    try (OverlayImage disk = overlay();
        NbdServer server = NbdServer.start(List.of(new NbdExport("disk", disk)), directory)) {
      Tools.run("nbdcopy", "--connections=4", "--requests=32", raw.toString(), uri(server));
      ByteBuffer all = ByteBuffer.wrap(new byte[SIZE]);
      disk.readFully(0, all);
      assertThat(Arrays.mismatch(all.array(), content)).isEqualTo(-1);
      assertThat(server.failure()).isEmpty();
    }
  }
}
