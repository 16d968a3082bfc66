package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.Tools;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The generator of large images writes what it says. */
class LargeStreamVmdkIT {
  @TempDir Path directory;

  @Test
  void qemuReadsTheDiskThatIsDescribed() throws IOException {
    LargeStreamVmdk large = new LargeStreamVmdk(96L << 20);
    Path image = directory.resolve("large.vmdk");
    large.write(image);
    assertThat(Files.size(image)).isLessThan(large.size() / 50);
    Path raw = directory.resolve("large.raw");
    Tools.run("qemu-img", "convert", "-f", "vmdk", "-O", "raw", image.toString(), raw.toString());
    try (RandomAccessFile disk = new RandomAccessFile(raw.toFile(), "r")) {
      assertThat(disk.length()).isEqualTo(large.size());
      byte[] found = new byte[1 << 20];
      for (long at = 0; at < large.size(); at += found.length) {
        disk.readFully(found);
        byte[] expected =
            LargeStreamVmdk.isData(at)
                ? LargeStreamVmdk.content(at, found.length)
                : new byte[found.length];
        assertThat(found).as("the MiB at %d", at).isEqualTo(expected);
      }
    }
  }
}
