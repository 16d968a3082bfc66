package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A real machine boots as it is. */
@Tag("slow")
class DebianGuestIT {
  private static final Duration TIMEOUT = Duration.ofMinutes(10);

  @Test
  void theMachineBootsToItsLoginPromptBeforeItIsImported() throws Exception {
    assertBoots(DebianGuest.make().disk());
  }

  private static void assertBoots(Path rawDisk) throws IOException, InterruptedException {
    try (SerialConsole console = SerialConsole.boot(rawDisk)) {
      assertThat(console.awaitText("debian12 login:", TIMEOUT)).contains("Debian GNU/Linux 12");
    }
  }
}
