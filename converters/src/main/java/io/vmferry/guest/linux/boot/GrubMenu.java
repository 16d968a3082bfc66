package io.vmferry.guest.linux.boot;

import io.vmferry.guest.BootLoader;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.TextFile;
import io.vmferry.guest.linux.menu.GrubLine;
import io.vmferry.guest.linux.menu.GrubLine.Linux;
import io.vmferry.guest.linux.menu.GrubLine.Setting;
import io.vmferry.guest.linux.menu.GrubScript;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * GRUB 2's menu grub.cfg (E4), edited in place: making it anew with grub-mkconfig would run in the
 * appliance and write commands for the appliance's firmware and devices.
 */
final class GrubMenu implements Modification {
  private static final List<String> NAMES = List.of("grub.cfg");

  @Override
  public String name() {
    return "grub-menu";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return facts.system() instanceof LinuxFacts linux
        && switch (linux.bootLoader().kind()) {
          case GRUB2, GRUB2_BLS, UNKNOWN -> true;
          case GRUB_LEGACY, SYSTEMD_BOOT -> false;
        };
  }

  @Override
  public void apply(Guest guest) throws IOException {
    CommandLineRules rules = new CommandLineRules(guest);
    Optional<String> configured = guest.linux().bootLoader().configuration();
    for (String path : BootConfiguration.beside(guest.edits().files(), configured, NAMES)) {
      Optional<TextFile> file = BootConfiguration.bootText(guest.edits(), path);
      if (file.isPresent()) {
        Set<String> effects = new LinkedHashSet<>();
        boolean entries = guest.linux().bootLoader().kind() == BootLoader.Kind.GRUB2_BLS;
        String text = edit(file.get().text(), rules, entries, effects);
        guest.edits().change(file.get(), text, String.join("; ", effects));
      }
    }
  }

  /**
   * The menu, edited.
   *
   * @param entries whether the menu's entries are in files of their own, where the default is too
   */
  static String edit(String text, CommandLineRules rules, boolean entries, Set<String> effects)
      throws IOException {
    Optional<String> newDefault =
        !entries && rules.newDefault().isPresent()
            ? entryOf(text, rules, rules.newDefault().get())
            : Optional.empty();
    List<String> lines = new ArrayList<>();
    for (String line : text.split("\n", -1)) {
      lines.add(editLine(line, rules, newDefault, effects));
    }
    return String.join("\n", lines);
  }

  private static String editLine(
      String line, CommandLineRules rules, Optional<String> newDefault, Set<String> effects)
      throws IOException {
    return switch (GrubLine.of(line)) {
      case Setting setting -> edited(line, setting, rules, newDefault, effects);
      case Linux linux -> edited(line, linux, rules, effects);
      case GrubLine.Menu menu -> line;
      case GrubLine.Initrd initrd -> line;
      case GrubLine.Opening opening -> line;
      case GrubLine.LoneBrace brace -> line;
      case GrubLine.Closing closing -> line;
      case GrubLine.EntriesElsewhere elsewhere -> line;
      case GrubLine.Redirect redirect -> line;
      case GrubLine.Other other -> line;
    };
  }

  private static String edited(
      String line,
      Setting setting,
      CommandLineRules rules,
      Optional<String> newDefault,
      Set<String> effects)
      throws IOException {
    String value = setting.value();
    return switch (setting.name()) {
      case "timeout" -> {
        if (MenuTimeout.isFine(setting.plain())) {
          yield line;
        }
        effects.add("timeout %s is %s".formatted(value, MenuTimeout.SECONDS));
        yield setting.before() + MenuTimeout.SECONDS + setting.after();
      }
      case "default" -> {
        if (newDefault.isEmpty() || value.contains("next_entry")) {
          yield line;
        }
        String wanted = "\"" + newDefault.get() + "\"";
        if (!value.equals(wanted)) {
          effects.add("default is entry %s, which can boot".formatted(newDefault.get()));
        }
        yield setting.before() + wanted + setting.after();
      }
      // The options of entries that are in files of their own.
      case "kernelopts" -> {
        String options = setting.plain();
        if (!value.equals("\"" + options + "\"") || options.contains("\"")) {
          yield line;
        }
        String edited = rules.edit(options, CommandLineRules.Part.WHOLE, Optional.empty(), effects);
        yield setting.before() + "\"" + edited + "\"" + setting.after();
      }
      default -> line;
    };
  }

  private static String edited(
      String line, Linux linux, CommandLineRules rules, Set<String> effects) throws IOException {
    boolean inVariable = linux.arguments().contains("kernelopts");
    if (!linux.arguments().contains("root=") && !inVariable) {
      return line; // A memory test, or an installer.
    }
    return linux.before()
        + linux.image()
        + linux.gap()
        + rules.edit(
            linux.arguments(),
            inVariable ? CommandLineRules.Part.ADDITION : CommandLineRules.Part.WHOLE,
            rules.versionOf(linux.image()),
            effects)
        + linux.after();
  }

  /** The number of the first entry that boots a kernel, see {@link GrubScript#numberOf}. */
  static Optional<String> entryOf(String text, CommandLineRules rules, String version) {
    return new GrubScript(text)
        .numberOf(path -> rules.versionOf(path).filter(version::equals).isPresent());
  }
}
