package io.vmferry.guest.linux.boot;

import io.vmferry.guest.BootLoader;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.TextFile;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * GRUB 2's menu grub.cfg (E4), edited in place: making it anew with grub-mkconfig would run in the
 * appliance and write commands for the appliance's firmware and devices.
 */
final class GrubMenu implements Modification {
  private static final List<String> NAMES = List.of("grub.cfg");
  private static final Pattern LINUX =
      Pattern.compile("(\\s*linux(?:16|efi)?\\s+)(\\S+)(\\s+)(.*?)(\\s*)");
  private static final Pattern KERNEL_OPTIONS =
      Pattern.compile("(\\s*set kernelopts=\")([^\"]*)(\"\\s*)");
  private static final Pattern DEFAULT = Pattern.compile("(\\s*set default=)(.*?)(\\s*)");
  private static final Pattern TIMEOUT = Pattern.compile("(\\s*set timeout=)(.*?)(\\s*)");

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
    for (String path : BootFiles.beside(guest.edits().files(), configured, NAMES)) {
      Optional<TextFile> file = BootFiles.bootText(guest.edits(), path);
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
    Matcher timeout = TIMEOUT.matcher(line);
    if (timeout.matches() && !MenuTimeout.isFine(unquoted(timeout.group(2)))) {
      effects.add("timeout %s is %s".formatted(timeout.group(2), MenuTimeout.SECONDS));
      return timeout.group(1) + MenuTimeout.SECONDS + timeout.group(3);
    }
    Matcher number = DEFAULT.matcher(line);
    if (newDefault.isPresent() && number.matches() && !number.group(2).contains("next_entry")) {
      String wanted = "\"" + newDefault.get() + "\"";
      if (!number.group(2).equals(wanted)) {
        effects.add("default is entry %s, which can boot".formatted(newDefault.get()));
      }
      return number.group(1) + wanted + number.group(3);
    }
    Matcher options = KERNEL_OPTIONS.matcher(line);
    if (options.matches()) {
      return options.group(1)
          + rules.edit(options.group(2), CommandLineRules.Part.WHOLE, Optional.empty(), effects)
          + options.group(3);
    }
    Matcher linux = LINUX.matcher(line);
    if (!linux.matches()) {
      return line;
    }
    boolean inVariable = linux.group(4).contains("kernelopts");
    if (!linux.group(4).contains("root=") && !inVariable) {
      return line; // A memory test, or an installer.
    }
    return linux.group(1)
        + linux.group(2)
        + linux.group(3)
        + rules.edit(
            linux.group(4),
            inVariable ? CommandLineRules.Part.ADDITION : CommandLineRules.Part.WHOLE,
            rules.versionOf(linux.group(2)),
            effects)
        + linux.group(5);
  }

  /** A place in the menu: an entry's number among its siblings, which may themselves be menus. */
  private static final class Level {
    final boolean menu;
    int entries = -1;

    Level(boolean menu) {
      this.menu = menu;
    }
  }

  /**
   * The number of the first entry that boots a kernel as GRUB's {@code default} takes it, such as
   * {@code 1>2} for the third in the second, a submenu. Entries for recovery do not count.
   */
  static Optional<String> entryOf(String text, CommandLineRules rules, String version) {
    Deque<Level> levels = new ArrayDeque<>(List.of(new Level(true)));
    boolean recovery = false;
    for (String line : text.split("\n", -1)) {
      String stripped = line.strip();
      boolean entry = stripped.startsWith("menuentry ");
      boolean menu = stripped.startsWith("submenu ");
      if (entry || menu) {
        levels.getFirst().entries++;
        recovery = stripped.toLowerCase(Locale.ROOT).matches(".*(recovery|rescue).*");
      }
      if (stripped.endsWith("{") && levels.size() < 32) {
        levels.addFirst(new Level(menu));
      } else if (stripped.equals("}") && levels.size() > 1) {
        levels.removeFirst();
      }
      Matcher linux = LINUX.matcher(line);
      if (!recovery
          && linux.matches()
          && rules.versionOf(linux.group(2)).filter(version::equals).isPresent()) {
        List<String> numbers = new ArrayList<>();
        levels
            .descendingIterator()
            .forEachRemaining(
                level -> {
                  if (level.menu && level.entries >= 0) {
                    numbers.add(Integer.toString(level.entries));
                  }
                });
        return Optional.of(String.join(">", numbers));
      }
    }
    return Optional.empty();
  }

  private static String unquoted(String value) {
    return value.replaceAll("[\"']", "");
  }
}
