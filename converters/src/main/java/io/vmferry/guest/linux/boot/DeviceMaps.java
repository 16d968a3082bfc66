package io.vmferry.guest.linux.boot;

import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import java.io.IOException;
import java.util.List;

/**
 * Puts GRUB's device.map out of effect: it ties GRUB's numbers of disks to names that are others on
 * EC2. GRUB's installer makes it anew; a booting GRUB does not read it.
 */
final class DeviceMaps implements Modification {
  private static final List<String> PATHS =
      List.of("/boot/grub/device.map", "/boot/grub2/device.map");

  @Override
  public String name() {
    return "grub-device-map";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return facts.system() instanceof LinuxFacts;
  }

  @Override
  public void apply(Guest guest) throws IOException {
    for (String path : PATHS) {
      guest.edits().remove(path, "GRUB finds the disks anew: they have other names on EC2");
    }
  }
}
