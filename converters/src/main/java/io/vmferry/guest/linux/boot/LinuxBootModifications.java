package io.vmferry.guest.linux.boot;

import io.vmferry.guest.Modification;
import java.util.List;

/** The modifications of this package in the order in which they are applied. */
public final class LinuxBootModifications {
  private LinuxBootModifications() {}

  /**
   * All of them: configuration first, as the tools that make an initramfs read it. {@link
   * Modification#appliesTo} tells which a guest needs.
   */
  public static List<Modification> all() {
    return List.of(
        new InitramfsConfiguration(),
        new InitramfsDrivers(),
        new GrubDefaults(),
        new GrubLegacyMenu(),
        new GrubMenu(),
        new BootEntries(),
        new DeviceMaps(),
        new UefiFallbackLoader());
  }
}
