package io.vmferry.guest.inspect;

import io.vmferry.guest.BootLoader.Kind;
import io.vmferry.guest.Firmware;
import io.vmferry.guest.linux.menu.EntryLine;
import io.vmferry.guest.linux.menu.GrubEnvironment;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Finds what boots a guest. GRUB 2 wins over GRUB legacy, whose menu stays behind after an upgrade;
 * the configuration on the EFI system partition wins with UEFI unless it only leads to the one in
 * {@code /boot}.
 */
final class BootLoaders {
  private static final List<String> GRUB2 =
      List.of("/boot/grub2/grub.cfg", "/boot/grub/grub.cfg", "/boot/grub2-efi/grub.cfg");
  private static final List<String> LEGACY =
      List.of("/boot/grub/grub.conf", "/boot/grub/menu.lst", "/etc/grub.conf");
  private static final List<String> ESP = List.of("/boot/efi", "/efi", "/boot");
  private static final String ENTRIES = "/loader/entries";

  private final GuestReader reader;
  private final LoaderPaths files;

  BootLoaders(GuestReader reader) {
    this.reader = reader;
    this.files = new LoaderPaths(reader);
  }

  /** The menu of the boot loader in use. */
  BootMenu find(Firmware firmware) throws IOException {
    List<String> candidates = new ArrayList<>(GRUB2);
    boolean uefi = firmware == Firmware.UEFI || firmware == Firmware.BIOS_AND_UEFI;
    candidates.addAll(uefi && firmware == Firmware.UEFI ? 0 : candidates.size(), onEsp("grub.cfg"));
    for (String path : candidates) {
      Optional<BootMenu> menu = grub2(path);
      if (menu.isPresent()) {
        return menu.get();
      }
    }
    List<String> legacy = new ArrayList<>(onEsp("grub.conf"));
    legacy.addAll(uefi ? legacy.size() : 0, LEGACY);
    for (String path : legacy) {
      Optional<String> text = reader.text(path);
      if (text.filter(menu -> menu.contains("title")).isPresent()) {
        return new GrubLegacyConfig(reader, files).read(path, text.get());
      }
    }
    return systemdBoot();
  }

  /** A menu of GRUB 2; empty if there is none there, or only one that leads elsewhere. */
  private Optional<BootMenu> grub2(String path) throws IOException {
    Optional<String> text = reader.text(path);
    if (text.isEmpty()) {
      return Optional.empty();
    }
    String directory = reader.resolve(path).orElse(path);
    Map<String, String> environment = environment(directory);
    Grub2Config config = new Grub2Config(text.get(), files, environment);
    if (config.onlyRedirects()) {
      return Optional.empty();
    }
    if (config.usesBootLoaderSpecification()) {
      List<BootEntry> entries =
          new BootLoaderSpecification(reader, files).entries("/boot" + ENTRIES, environment);
      if (!entries.isEmpty()) {
        return Optional.of(
            new BootMenu(
                Kind.GRUB2_BLS,
                reader.resolve(path),
                entries,
                BootLoaderSpecification.select(entries, config.defaultName())));
      }
    }
    List<BootEntry> entries = config.entries();
    Optional<BootEntry> wanted =
        BootMenu.select(entries, config.defaultName())
            .or(() -> entries.stream().findFirst().flatMap(BootMenu::firstOf));
    return Optional.of(new BootMenu(Kind.GRUB2, reader.resolve(path), entries, wanted));
  }

  private Map<String, String> environment(String configuration) throws IOException {
    String beside = configuration.substring(0, configuration.lastIndexOf('/') + 1) + "grubenv";
    for (String path : List.of(beside, "/boot/grub2/grubenv", "/boot/grub/grubenv")) {
      if (reader.isFile(path)) {
        // Only its length depends on the encoding.
        return reader
            .text(path)
            .flatMap(text -> GrubEnvironment.parse(text, StandardCharsets.UTF_8))
            .map(GrubEnvironment::variables)
            .orElse(Map.of());
      }
    }
    return Map.of();
  }

  private BootMenu systemdBoot() throws IOException {
    for (String esp : ESP) {
      String path = esp + "/loader/loader.conf";
      boolean loader =
          reader.isFile(path)
              || reader.isDirectory(esp + "/EFI/systemd")
              || reader.isDirectory(esp + "/EFI/Linux");
      if (!loader) {
        continue;
      }
      String pattern = "";
      for (String line : reader.lines(path)) {
        Optional<EntryLine> setting = EntryLine.of(line).filter(is -> is.key().equals("default"));
        pattern = setting.map(EntryLine::value).orElse(pattern);
      }
      BootLoaderSpecification specification = new BootLoaderSpecification(reader, files);
      List<BootEntry> entries = new ArrayList<>();
      for (String place : ESP) {
        entries.addAll(specification.entries(place + ENTRIES, Map.of()));
      }
      return new BootMenu(
          Kind.SYSTEMD_BOOT,
          reader.resolve(path),
          List.copyOf(entries),
          BootLoaderSpecification.selectByPattern(entries, pattern));
    }
    return BootMenu.none();
  }

  private List<String> onEsp(String name) throws IOException {
    List<String> paths = new ArrayList<>();
    for (String esp : ESP) {
      for (String vendor : reader.list(esp + "/EFI")) {
        String path = esp + "/EFI/" + vendor + "/" + name;
        if (!vendor.equalsIgnoreCase("BOOT") && reader.isFile(path)) {
          paths.add(path);
        }
      }
    }
    return paths;
  }
}
