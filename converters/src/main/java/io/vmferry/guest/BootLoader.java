package io.vmferry.guest;

import java.util.Optional;

/**
 * A Linux guest's boot loader.
 *
 * @param kind which it is
 * @param configuration the path of its configuration, links resolved; empty if there is none
 * @param defaultKernel the version of the kernel it boots by itself; empty if that cannot be told
 */
public record BootLoader(
    Kind kind, Optional<String> configuration, Optional<String> defaultKernel) {

  /** The boot loaders. */
  public enum Kind {
    /** GRUB 0.97 with menu.lst or grub.conf. */
    GRUB_LEGACY,
    /** GRUB 2 with its menu in grub.cfg. */
    GRUB2,
    /** GRUB 2 with Boot Loader Specification entries. */
    GRUB2_BLS,
    /** systemd-boot. */
    SYSTEMD_BOOT,
    /** One of which nothing is known. */
    UNKNOWN
  }
}
