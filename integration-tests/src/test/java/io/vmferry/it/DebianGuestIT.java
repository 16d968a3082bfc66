package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A real machine boots after its import as it did before. */
@Tag("slow")
class DebianGuestIT {
  private static final Duration TIMEOUT = Duration.ofMinutes(10);

  @TempDir private Path directory;

  @Test
  void theMachineBootsToItsLoginPromptBeforeItIsImported() throws Exception {
    assertBoots(DebianGuest.make().disk());
  }

  @Test
  void theMachineBootsFromTheDiskThatIsReadBackFromItsSnapshot() throws Exception {
    DebianGuest guest = DebianGuest.make();
    Vmferry vmferry = Vmferry.on(directory.resolve("state"));

    JsonNode task = vmferry.imported("--name", "debian12", guest.ova().toString());

    String snapshotId = task.get("disks").get(0).get("snapshotId").asText();
    Path disk = directory.resolve("imported.raw");
    vmferry.run("snapshot", "read", snapshotId, "-o", disk.toString()).successful();
    Contents.assertEqualsPadded(disk, guest.disk());
    assertBoots(disk);
  }

  private static void assertBoots(Path rawDisk) throws IOException, InterruptedException {
    try (SerialConsole console = SerialConsole.boot(rawDisk)) {
      assertThat(console.awaitText("debian12 login:", TIMEOUT)).contains("Debian GNU/Linux 12");
    }
  }
}
