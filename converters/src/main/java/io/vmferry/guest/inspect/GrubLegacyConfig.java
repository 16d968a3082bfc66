package io.vmferry.guest.inspect;

import io.vmferry.guest.BootLoader;
import io.vmferry.guest.linux.menu.LegacyLine;
import io.vmferry.guest.linux.menu.LegacyLine.Kernel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The menu of GRUB 0.97: {@code menu.lst} or {@code grub.conf}. Its titles count from 0; {@code
 * default saved} stands for the number in {@code /boot/grub/default}.
 */
final class GrubLegacyConfig {
  private static final String SAVED = "/boot/grub/default";
  private static final int MAX_ENTRIES = 1000;

  private final GuestReader reader;
  private final LoaderPaths files;
  private final List<BootEntry> entries = new ArrayList<>();
  private String wanted = "0";
  private Optional<String> title = Optional.empty();
  private final List<Kernel> kernels = new ArrayList<>();
  private final List<Kernel> modules = new ArrayList<>();
  private Optional<String> initramfs = Optional.empty();

  GrubLegacyConfig(GuestReader reader, LoaderPaths files) {
    this.reader = reader;
    this.files = files;
  }

  /** Reads a menu. */
  BootMenu read(String path, String menu) throws IOException {
    for (String line : menu.lines().toList()) {
      switch (LegacyLine.of(line)) {
        case LegacyLine.Title(String text) -> {
          finish();
          title = Optional.of(text);
        }
        case Kernel kernel -> (kernel.module() ? modules : kernels).add(kernel);
        case LegacyLine.Initrd(String image) -> initramfs = Optional.of(image);
        case LegacyLine.Setting setting ->
            wanted = setting.name().equals("default") ? setting.value() : wanted;
        case LegacyLine.Magic magic -> {}
        case LegacyLine.Other other -> {}
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
      Optional<Kernel> kernel = (xen ? modules : kernels).stream().findFirst();
      Optional<String> ramdisk =
          xen && modules.size() > 1 ? Optional.of(modules.get(1).image()) : initramfs;
      entries.add(
          files.entry(
              title.get(),
              Optional.empty(),
              Optional.empty(),
              kernel.map(Kernel::image),
              ramdisk.filter(image -> !image.isEmpty()),
              kernel.map(Kernel::arguments).orElse("")));
    }
    kernels.clear();
    modules.clear();
    initramfs = Optional.empty();
    title = Optional.empty();
  }
}
