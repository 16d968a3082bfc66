package io.vmferry.guest.linux.boot;

import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.TextFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What the next kernel's boot entry is made from (E4): /etc/default/grub and Ubuntu's
 * /etc/default/grub.d, /etc/kernel/cmdline, and SUSE's /etc/sysconfig/bootloader. Without this the
 * next update of a kernel would undo the changes to the menu.
 */
final class GrubDefaults implements Modification {
  private static final String DEFAULTS = "/etc/default/grub";
  private static final String KERNEL_COMMAND_LINE = "/etc/kernel/cmdline";
  private static final String SUSE_BOOT_LOADER = "/etc/sysconfig/bootloader";
  private static final String LINUX = "GRUB_CMDLINE_LINUX";
  private static final String LINUX_DEFAULT = "GRUB_CMDLINE_LINUX_DEFAULT";

  @Override
  public String name() {
    return "boot-defaults";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return facts.system() instanceof LinuxFacts;
  }

  @Override
  public void apply(Guest guest) throws IOException {
    CommandLineRules rules = new CommandLineRules(guest);
    List<String> paths = new ArrayList<>(List.of(DEFAULTS));
    BootConfiguration.list(guest.edits().files(), "/etc/default/grub.d", ".cfg")
        .forEach(paths::add);
    for (String path : paths) {
      change(guest, path, (text, effects) -> defaults(text, path.equals(DEFAULTS), rules, effects));
    }
    change(guest, SUSE_BOOT_LOADER, (text, effects) -> suse(text, rules, effects));
    change(
        guest,
        KERNEL_COMMAND_LINE,
        (text, effects) -> {
          String line = text.strip();
          String edited = rules.edit(line, CommandLineRules.Part.WHOLE, Optional.empty(), effects);
          return edited.equals(line) ? text : edited + "\n";
        });
  }

  @FunctionalInterface
  private interface Edit {
    String apply(String text, Set<String> effects) throws IOException;
  }

  private static void change(Guest guest, String path, Edit edit) throws IOException {
    Optional<TextFile> file = BootConfiguration.text(guest.edits(), path);
    if (file.isPresent() && !file.get().text().isBlank()) {
      Set<String> effects = new LinkedHashSet<>();
      String text = edit.apply(file.get().text(), effects);
      guest.edits().change(file.get(), text, String.join("; ", effects));
    }
  }

  /** /etc/default/grub, or one of the files that are read after it, edited. */
  static String defaults(String text, boolean main, CommandLineRules rules, Set<String> effects)
      throws IOException {
    ShellAssignments file = new ShellAssignments(text);
    if (main && file.get(LINUX).isEmpty()) {
      file = file.set(LINUX, "");
    }
    file =
        file.edit(LINUX, value -> rules.edit(value, partOf(value), Optional.empty(), effects))
            .edit(
                LINUX_DEFAULT,
                value ->
                    rules.edit(value, CommandLineRules.Part.ADDITION, Optional.empty(), effects))
            .edit("GRUB_TIMEOUT", value -> timeout(value, effects))
            .edit("GRUB_RECORDFAIL_TIMEOUT", value -> timeout(value, effects))
            // With it the next menu would have root=/dev/… again.
            .edit("GRUB_DISABLE_LINUX_UUID", value -> enabled(value, effects))
            .edit("GRUB_DISABLE_UUID", value -> enabled(value, effects));
    return main ? terminal(file, effects).text() : file.text();
  }

  /** The menu on the serial console too, which is the only one of many instances. */
  private static ShellAssignments terminal(ShellAssignments file, Set<String> effects)
      throws IOException {
    boolean serial =
        file.get("GRUB_TERMINAL")
            .or(() -> file.get("GRUB_TERMINAL_OUTPUT"))
            .filter(terminals -> terminals.contains("serial"))
            .isPresent();
    if (serial) {
      return file;
    }
    effects.add("menu on the serial console");
    return file.set("GRUB_TERMINAL", "console serial")
        .set(
            "GRUB_SERIAL_COMMAND",
            file.get("GRUB_SERIAL_COMMAND").orElse("serial --unit=0 --speed=115200"));
  }

  private static String suse(String text, CommandLineRules rules, Set<String> effects)
      throws IOException {
    ShellAssignments file = new ShellAssignments(text);
    for (String name : List.of("DEFAULT_APPEND", "FAILSAFE_APPEND")) {
      file =
          file.edit(
              name,
              value -> rules.edit(value, CommandLineRules.Part.WHOLE, Optional.empty(), effects));
    }
    return file.edit("TIMEOUT", value -> timeout(value, effects)).text();
  }

  /** A value that takes in what another file gave it already has the consoles from there. */
  private static CommandLineRules.Part partOf(String value) {
    return value.contains("$" + LINUX) || value.contains("${" + LINUX)
        ? CommandLineRules.Part.ADDITION
        : CommandLineRules.Part.WHOLE;
  }

  private static String timeout(String value, Set<String> effects) {
    if (MenuTimeout.isFine(value)) {
      return value;
    }
    effects.add("timeout %s is %s".formatted(value, MenuTimeout.SECONDS));
    return MenuTimeout.SECONDS;
  }

  private static String enabled(String value, Set<String> effects) {
    if (!value.equals("true")) {
      return value;
    }
    effects.add("file systems by UUID");
    return "false";
  }
}
