package io.vmferry.guest;

/** What can boot a machine's first disk. */
public enum Firmware {
  /** A BIOS only. */
  BIOS,
  /** UEFI only. */
  UEFI,
  /** Either. */
  BIOS_AND_UEFI,
  /** Neither: there is no boot loader. */
  NONE
}
