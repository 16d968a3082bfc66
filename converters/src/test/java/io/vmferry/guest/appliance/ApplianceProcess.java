package io.vmferry.guest.appliance;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** A JVM with an open appliance, to be killed. */
final class ApplianceProcess {
  private ApplianceProcess() {}

  /** Opens an appliance, prints a line, and waits for the end of its standard input. */
  public static void main(String[] arguments) throws IOException {
    try (GuestAppliance appliance =
        GuestAppliance.open(List.of(new FailingImage(1 << 20)), ApplianceOptions.defaults())) {
      System.out.write(
          "open %d\n".formatted(appliance.disks().size()).getBytes(StandardCharsets.UTF_8));
      System.out.flush();
      while (System.in.read() >= 0) {
        // Whoever started this process writes nothing.
      }
    }
  }
}
