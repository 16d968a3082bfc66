package io.vmferry.guest.linux.boot;

import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.TextFile;
import io.vmferry.guest.linux.menu.EntryLine;
import io.vmferry.guest.linux.menu.GrubEnvironment;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Entries by the Boot Loader Specification, of GRUB 2 in Fedora and Red Hat Enterprise Linux 8 on
 * and of systemd-boot (E4): each entry's options, the variable {@code kernelopts} in GRUB's
 * environment block that entries refer to, and a default that can boot.
 */
final class BootEntries implements Modification {
  private static final List<String> LOADERS =
      List.of("/boot/loader", "/boot/efi/loader", "/efi/loader");
  private static final List<String> ENVIRONMENTS = List.of("grubenv");
  private static final String KERNEL_OPTIONS = "kernelopts";
  private static final EntryLine NOTHING = new EntryLine("", "", "");

  @Override
  public String name() {
    return "boot-entries";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return facts.system() instanceof LinuxFacts linux
        && switch (linux.bootLoader().kind()) {
          case GRUB2, GRUB2_BLS, SYSTEMD_BOOT, UNKNOWN -> true;
          case GRUB_LEGACY -> false;
        };
  }

  @Override
  public void apply(Guest guest) throws IOException {
    CommandLineRules rules = new CommandLineRules(guest);
    Optional<String> newDefault = Optional.empty();
    for (String loader : LOADERS) {
      for (String path :
          BootConfiguration.list(guest.edits().files(), loader + "/entries", ".conf").toList()) {
        Optional<TextFile> file = BootConfiguration.bootText(guest.edits(), path);
        if (file.isEmpty()) {
          continue;
        }
        Set<String> effects = new LinkedHashSet<>();
        String text = edit(file.get().text(), rules, effects);
        guest.edits().change(file.get(), text, String.join("; ", effects));
        Optional<String> version = versionOf(file.get().text(), rules);
        if (newDefault.isEmpty() && version.isPresent() && version.equals(rules.newDefault())) {
          String name = GuestPaths.name(path);
          newDefault = Optional.of(name.substring(0, name.length() - ".conf".length()));
        }
      }
      editLoader(guest, loader + "/loader.conf", newDefault);
    }
    for (String path :
        BootConfiguration.beside(guest.edits().files(), Optional.empty(), ENVIRONMENTS)) {
      editEnvironment(guest, path, rules, newDefault);
    }
  }

  /** An entry, edited. */
  static String edit(String text, CommandLineRules rules, Set<String> effects) throws IOException {
    Optional<String> version = versionOf(text, rules);
    List<String> lines = new ArrayList<>();
    boolean first = true;
    for (String line : text.split("\n", -1)) {
      Optional<EntryLine> options = EntryLine.of(line).filter(is -> is.key().equals("options"));
      if (options.isEmpty()) {
        lines.add(line);
        continue;
      }
      String value = options.get().value();
      boolean whole = first && !value.contains("$" + KERNEL_OPTIONS);
      first = false;
      String edited =
          rules.edit(
              value,
              whole ? CommandLineRules.Part.WHOLE : CommandLineRules.Part.ADDITION,
              version,
              effects);
      lines.add(edited.equals(value) ? line : options.get().before() + edited);
    }
    return String.join("\n", lines);
  }

  private static Optional<String> versionOf(String entry, CommandLineRules rules) {
    return entry
        .lines()
        .flatMap(line -> EntryLine.of(line).stream())
        .filter(is -> is.key().equals("linux"))
        .findFirst()
        .flatMap(is -> rules.versionOf(is.value()));
  }

  /** systemd-boot's own configuration. */
  private static void editLoader(Guest guest, String path, Optional<String> newDefault)
      throws IOException {
    Optional<TextFile> file = BootConfiguration.bootText(guest.edits(), path);
    if (file.isEmpty()) {
      return;
    }
    Set<String> effects = new LinkedHashSet<>();
    List<String> lines = new ArrayList<>();
    for (String line : file.get().text().split("\n", -1)) {
      EntryLine is = EntryLine.of(line).orElse(NOTHING);
      boolean timeout = is.key().equals("timeout");
      if (timeout && (is.value().equals("menu-force") || !MenuTimeout.isFine(is.value()))) {
        lines.add(is.before() + MenuTimeout.SECONDS);
        effects.add("timeout %s is %s".formatted(is.value(), MenuTimeout.SECONDS));
      } else if (is.key().equals("default") && newDefault.isPresent()) {
        lines.add(is.before() + newDefault.get() + ".conf");
        effects.add("default is %s, which can boot".formatted(newDefault.get()));
      } else {
        lines.add(line);
      }
    }
    guest.edits().change(file.get(), String.join("\n", lines), String.join("; ", effects));
  }

  private static void editEnvironment(
      Guest guest, String path, CommandLineRules rules, Optional<String> newDefault)
      throws IOException {
    Optional<TextFile> file = BootConfiguration.bootText(guest.edits(), path);
    Optional<GrubEnvironment> environment =
        file.flatMap(is -> GrubEnvironment.parse(is.text(), is.charset()));
    if (file.isEmpty() || environment.isEmpty()) {
      return;
    }
    Set<String> effects = new LinkedHashSet<>();
    Optional<String> options = environment.get().get(KERNEL_OPTIONS);
    if (options.isPresent()) {
      environment
          .get()
          .set(
              KERNEL_OPTIONS,
              rules.edit(options.get(), CommandLineRules.Part.WHOLE, Optional.empty(), effects));
    }
    if (newDefault.isPresent() && !environment.get().get("saved_entry").equals(newDefault)) {
      environment.get().set("saved_entry", newDefault.get());
      effects.add("default is %s, which can boot".formatted(newDefault.get()));
    }
    if (effects.isEmpty()) {
      return;
    }
    Optional<String> text = environment.get().text(file.get().charset());
    if (text.isEmpty()) {
      guest
          .edits()
          .note(
              "%s was left alone: its %d bytes do not hold %s"
                  .formatted(path, file.get().status().size(), String.join("; ", effects)));
      return;
    }
    guest.edits().change(file.get(), text.get(), String.join("; ", effects));
  }
}
