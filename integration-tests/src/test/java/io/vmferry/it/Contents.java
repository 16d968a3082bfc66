package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Compares disks of several GiB, passing over their holes. */
final class Contents {
  private static final long GIB = 1L << 30;

  private Contents() {}

  /** Asserts that a file holds a disk's bytes and then zeros up to the next GiB. */
  static void assertEqualsPadded(Path actual, Path disk) throws IOException {
    assertThat(Files.size(actual))
        .as("size of " + actual)
        .isEqualTo(Math.ceilDiv(Files.size(disk), GIB) * GIB);
    assertSameBytes(actual, disk);
  }

  /** Asserts that raw disks hold the same; behind the end of the shorter one are zeros. */
  static void assertSameBytes(Path actual, Path disk) throws IOException {
    Tools.run("qemu-img", "compare", "-f", "raw", "-F", "raw", actual.toString(), disk.toString());
  }
}
