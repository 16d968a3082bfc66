package io.vmferry.it;

import static org.assertj.core.api.Assertions.fail;

import io.vmferry.disk.Tools;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * A real Debian 12, made by {@code scripts/make-debian-guest}.
 *
 * @param disk its disk
 * @param ova the machine
 */
record DebianGuest(Path disk, Path ova) {
  private static final long TIMEOUT_MINUTES = 10;

  /** The guest, made once. Takes about two minutes and a Debian mirror. */
  static DebianGuest make() throws IOException {
    for (String tool :
        new String[] {"mmdebstrap", "mkfs.ext4", "sfdisk", "grub-mkimage", "qemu-img"}) {
      Tools.require(tool);
    }
    if (!System.getProperty("user.name").equals("root")) {
      if (System.getenv("CI") != null) {
        fail("the guest can only be made by root, and CI must not skip this test");
      }
      Assumptions.abort("the guest can only be made by root");
    }
    Path script = Fixtures.ROOT.resolve("scripts/make-debian-guest");
    Path directory = Fixtures.cachedDirectory("debian12", script, target -> run(script, target));
    return new DebianGuest(directory.resolve("debian12.raw"), directory.resolve("debian12.ova"));
  }

  private static void run(Path script, Path directory) throws IOException {
    Path log = Fixtures.ROOT.resolve("integration-tests/target/make-debian-guest.log");
    Process process =
        new ProcessBuilder(script.toString(), directory.toString())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    try {
      if (!process.waitFor(TIMEOUT_MINUTES, TimeUnit.MINUTES)) {
        fail("%s did not end in %d min; see %s", script, TIMEOUT_MINUTES, log);
      }
      if (process.exitValue() != 0) {
        fail("%s ended with %d; see %s", script, process.exitValue(), log);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while making the guest", e);
    } finally {
      process.destroy();
    }
  }
}
