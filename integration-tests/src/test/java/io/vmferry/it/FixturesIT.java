package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.Tools;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What everything is imported from is what it should be. */
class FixturesIT {

  @ParameterizedTest
  @EnumSource
  void aDiskHoldsAnExt4AnXfsAndAnNtfsFileSystemWithHolesBetween(PartitionedDisk fixture)
      throws IOException {
    Path disk = fixture.file();
    assertThat(Files.size(disk)).isEqualTo(fixture.size());
    String blocks = Tools.run("stat", "-c", "%b", disk.toString()).strip();
    assertThat(Long.parseLong(blocks) * 512).isLessThan(fixture.size() * 9 / 10);
    assertThat(Tools.run("blkid", "-p", "-o", "export", disk.toString())).contains("PTTYPE=dos");
    assertThat(fixture.partitionsAtMib().stream().map(start -> type(disk, start)))
        .containsExactly("ext4", "xfs", "ntfs");
  }

  /** The sizes may differ where qemu-img rounds to whole cylinders. */
  @ParameterizedTest
  @EnumSource
  void anImageHoldsTheDiskItWasMadeOf(ImageFixture fixture) throws IOException {
    assertThat(Files.size(fixture.expected()))
        .isBetween(fixture.disk().size(), fixture.disk().size() + (2 << 20));
    Contents.assertSameBytes(fixture.expected(), fixture.disk().file());
  }

  private static String type(Path disk, long startMib) {
    try {
      return Tools.run(
              "blkid",
              "-p",
              "-s",
              "TYPE",
              "-o",
              "value",
              "--offset",
              Long.toString(startMib << 20),
              disk.toString())
          .strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
