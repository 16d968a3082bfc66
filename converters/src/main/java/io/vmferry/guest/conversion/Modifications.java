package io.vmferry.guest.conversion;

import io.vmferry.guest.Modification;
import io.vmferry.guest.linux.boot.LinuxBootModifications;
import io.vmferry.guest.linux.config.LinuxConfigModifications;
import java.util.ArrayList;
import java.util.List;

/** Everything that is done to guests, in its order. */
final class Modifications {
  private Modifications() {}

  /**
   * First configuration, of which an initramfs that is made anew takes up some; then the boot
   * loader and the initramfs; then what has to know of every change.
   */
  static List<Modification> all() {
    List<Modification> all = new ArrayList<>(LinuxConfigModifications.changes());
    all.addAll(LinuxBootModifications.all());
    all.addAll(LinuxConfigModifications.last());
    return all;
  }
}
