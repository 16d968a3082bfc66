package io.vmferry.guest.inspect;

import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * An entry of a boot loader's menu.
 *
 * @param title what the menu shows
 * @param id by what a default may name it besides the title: GRUB 2's id, or a BLS entry's file
 *     name without {@code .conf}
 * @param version the kernel's version, by the entry or its image's name
 * @param image the kernel's path in the guest, if it was found there
 * @param initramfs the initramfs's path in the guest, if it was found there
 * @param arguments the kernel's command line
 * @param children the entries of a submenu; none for an entry that boots
 */
record BootEntry(
    String title,
    Optional<String> id,
    Optional<String> version,
    Optional<String> image,
    Optional<String> initramfs,
    String arguments,
    List<BootEntry> children) {

  /** Whether it is there for a broken system. */
  boolean isRescue() {
    String all = (title + id.orElse("") + version.orElse("")).toLowerCase(Locale.ROOT);
    return all.contains("rescue") || all.contains("recovery");
  }

  /** Whether a default names it. */
  boolean isNamed(String name) {
    return title.equals(name) || id.filter(name::equals).isPresent();
  }
}
