package io.vmferry.guest.inspect;

import io.vmferry.guest.BootLoader;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The menu of GRUB 0.97: {@code menu.lst} or {@code grub.conf}. Its titles count from 0; {@code
 * default saved} stands for the number in {@code /boot/grub/default}.
 */
final class GrubLegacyConfig {
  private static final String SAVED = "/boot/grub/default";
  private static final int MAX_ENTRIES = 1000;

  private final GuestReader reader;
  private final BootFiles files;
  private final List<BootEntry> entries = new ArrayList<>();
  private String wanted = "0";
  private Optional<String> title = Optional.empty();
  private final List<String> kernels = new ArrayList<>();
  private final List<String> modules = new ArrayList<>();
  private Optional<String> initramfs = Optional.empty();

  GrubLegacyConfig(GuestReader reader, BootFiles files) {
    this.reader = reader;
    this.files = files;
  }

  /** Reads a menu. */
  BootMenu read(String path, String text) throws IOException {
    for (String line : text.lines().toList()) {
      String[] words = line.strip().split("[\\s=]+", 2);
      String rest = words.length > 1 ? words[1].strip() : "";
      switch (words[0].toLowerCase(Locale.ROOT)) {
        case "default" -> wanted = rest;
        case "title" -> {
          finish();
          title = Optional.of(rest);
        }
        case "kernel" -> kernels.add(rest);
        case "module" -> modules.add(rest);
        case "initrd" -> initramfs = Optional.of(rest);
        default -> {
          // Other commands do not say what boots.
        }
      }
    }
    finish();
    return new BootMenu(
        BootLoader.Kind.GRUB_LEGACY,
        reader.resolve(path),
        List.copyOf(entries),
        BootMenu.select(entries, defaultNumber()));
  }

  private String defaultNumber() throws IOException {
    if (!wanted.equals("saved")) {
      return wanted.matches("[0-9]{1,4}") ? wanted : "0";
    }
    String saved = reader.lines(SAVED).stream().findFirst().map(String::strip).orElse("0");
    return saved.matches("[0-9]{1,4}") ? saved : "0";
  }

  /** Under Xen the kernel is the hypervisor, and Linux and its initramfs are its modules. */
  private void finish() throws IOException {
    if (title.isPresent() && entries.size() < MAX_ENTRIES) {
      boolean xen = !modules.isEmpty();
      Optional<String> kernel = (xen ? modules : kernels).stream().findFirst();
      Optional<String> ramdisk =
          xen && modules.size() > 1 ? Optional.of(modules.get(1)) : initramfs;
      String[] words = kernel.orElse("").replaceFirst("^(?:--\\S+\\s+)+", "").split("\\s+", 2);
      entries.add(
          files.entry(
              title.get(),
              Optional.empty(),
              Optional.empty(),
              Optional.of(words[0]).filter(word -> !word.isEmpty()),
              ramdisk.map(text -> text.split("\\s+", 2)[0]),
              words.length > 1 ? words[1] : ""));
    }
    kernels.clear();
    modules.clear();
    initramfs = Optional.empty();
    title = Optional.empty();
  }
}
