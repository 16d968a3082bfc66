package io.vmferry.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.cli.backend.Inventory;
import io.vmferry.functions.port.SnapshotStore;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class SnapshotCommandTest {
  private static final int BLOCK = SnapshotStore.BLOCK_SIZE;
  private static final int LAST_BLOCK = (int) (Tasks.GIB / BLOCK) - 1;

  private final CliRun cli = new CliRun();
  private String snapshot = "";

  @BeforeEach
  void makeSnapshot() throws GeneralSecurityException {
    snapshot =
        cli.backend.snapshotStore.start(
            new SnapshotStore.Request(
                1, "", "token", Optional.empty(), Optional.empty(), Map.of()));
    MessageDigest all = MessageDigest.getInstance("SHA-256");
    for (int index : List.of(1, 3, LAST_BLOCK)) {
      byte[] content = block(index);
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(content);
      cli.backend.snapshotStore.putBlock(snapshot, index, ByteBuffer.wrap(content), digest);
      all.update(digest);
    }
    cli.backend.snapshotStore.complete(snapshot, 3, all.digest());
  }

  @Test
  void writesTheWholeVolumeAsAFile(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("disk.raw");
    Files.writeString(file, "what was there before");

    assertThat(cli.run("snapshot", "read", snapshot, "-o", file.toString())).isZero();
    assertThat(file).hasSize(Tasks.GIB);
    for (int index : List.of(1, 3, LAST_BLOCK)) {
      assertThat(readBlock(file, index)).isEqualTo(block(index));
    }
    for (int index : List.of(0, 2, 4, LAST_BLOCK - 1)) {
      assertThat(readBlock(file, index)).containsOnly(0);
    }
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void leavesAnExistingFileAloneIfItFails(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("disk.raw");
    Files.writeString(file, "what was there before");

    assertThat(cli.run("snapshot", "read", "snap-none", "-o", file.toString())).isEqualTo(3);
    assertThat(file).hasContent("what was there before");
    assertThat(cli.err()).contains("vmferry: SNAPSHOT_NOT_FOUND: ");
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void saysThatTheOutputCannotBeWritten(@TempDir Path folder) {
    String file = folder.resolve("no-such-folder").resolve("disk.raw").toString();

    assertThat(cli.run("snapshot", "read", snapshot, "-o", file)).isEqualTo(3);
    assertThat(cli.err()).contains("vmferry: OUTPUT_UNUSABLE: " + file);
  }

  @Test
  void listsSnapshotsAndImages() {
    cli.backend.snapshotList.add(
        new Inventory.Snapshot(
            "snap-1", "completed", "100%", "2026-01-02T03:04:05Z", 8, "from a test"));
    cli.backend.images.add(
        new Inventory.Image(
            "ami-1",
            "web",
            "available",
            "2026-01-02T03:04:06Z",
            "x86_64",
            Optional.empty(),
            List.of(
                new Inventory.Device("/dev/sda1", "snap-1", 8),
                new Inventory.Device("/dev/sdb", "snap-2", 9))));

    assertThat(cli.run("snapshot", "list")).isZero();
    assertThat(cli.run("images")).isZero();
    assertThat(cli.out())
        .isEqualTo(
            """
            snap-1  2026-01-02T03:04:05Z  completed  8 GiB  from a test
            ami-1  2026-01-02T03:04:06Z  available  x86_64  web  /dev/sda1=snap-1,/dev/sdb=snap-2
            """);
  }

  private static byte[] readBlock(Path file, int index) throws IOException {
    try (FileChannel channel = FileChannel.open(file)) {
      ByteBuffer block = ByteBuffer.allocate(BLOCK);
      assertThat(channel.read(block, (long) index * BLOCK)).isEqualTo(BLOCK);
      return block.array();
    }
  }

  private static byte[] block(int seed) {
    byte[] content = new byte[BLOCK];
    Arrays.fill(content, (byte) (seed + 1));
    return content;
  }
}
