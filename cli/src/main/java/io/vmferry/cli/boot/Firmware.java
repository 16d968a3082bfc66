package io.vmferry.cli.boot;

import java.util.Optional;

/** What a machine starts by. */
public enum Firmware {
  /** SeaBIOS, which qemu brings along. */
  BIOS,
  /** OVMF, a package of its own. */
  UEFI;

  /**
   * What EC2 starts an x86 image by.
   *
   * @param bootMode the image's: {@code legacy-bios}, {@code uefi}, {@code uefi-preferred}; empty
   *     for the default, which is the BIOS
   */
  public static Firmware of(Optional<String> bootMode) {
    return bootMode.filter(mode -> mode.startsWith("uefi")).isPresent() ? UEFI : BIOS;
  }
}
