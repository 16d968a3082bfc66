package io.vmferry.guest.linux.menu;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A line of GRUB 0.97's {@code menu.lst} or {@code grub.conf} (GNU GRUB manual 0.97, chapter 13). A
 * line that can be edited tells its parts as they are spelled.
 */
public sealed interface LegacyLine {

  /**
   * The beginning of an entry.
   *
   * @param title what the menu shows
   */
  record Title(String title) implements LegacyLine {}

  /**
   * A kernel with its command line. Under Xen the kernel is the hypervisor, and Linux is its first
   * module.
   *
   * @param module whether it is a module
   * @param before all in front of the path
   * @param image the path
   * @param gap what is between the two
   * @param arguments the command line; empty if there is none
   */
  record Kernel(boolean module, String before, String image, String gap, String arguments)
      implements LegacyLine {}

  /**
   * The initramfs.
   *
   * @param image its path
   */
  record Initrd(String image) implements LegacyLine {}

  /**
   * {@code default} or {@code timeout}.
   *
   * @param before all in front of the value
   * @param name which
   * @param value what it is set to
   */
  record Setting(String before, String name, String value) implements LegacyLine {}

  /**
   * Debian's {@code # kopt=}, from which update-grub makes the entries.
   *
   * @param before all in front of the value
   * @param arguments the command line
   */
  record Magic(String before, String arguments) implements LegacyLine {}

  /** Any other line. */
  record Other() implements LegacyLine {}

  /** What a line is. */
  static LegacyLine of(String line) {
    Matcher magic = Words.MAGIC.matcher(line);
    if (magic.matches()) {
      return new Magic(magic.group(1), magic.group(2));
    }
    Matcher kernel = Words.KERNEL.matcher(line);
    if (kernel.matches()) {
      return new Kernel(
          kernel.group(2).toLowerCase(Locale.ROOT).equals("module"),
          kernel.group(1),
          kernel.group(3),
          Patterns.orEmpty(kernel.group(4)),
          Patterns.orEmpty(kernel.group(5)));
    }
    Matcher setting = Words.SETTING.matcher(line);
    if (setting.matches()) {
      String name = setting.group(2).toLowerCase(Locale.ROOT);
      return new Setting(setting.group(1), name, setting.group(3));
    }
    String[] words = line.strip().split("[\\s=]+", 2);
    String rest = words.length > 1 ? words[1].strip() : "";
    return switch (words[0].toLowerCase(Locale.ROOT)) {
      case "title" -> new Title(rest);
      case "initrd" -> new Initrd(rest.split("\\s+", 2)[0]);
      default -> new Other();
    };
  }

  /** What the lines look like. */
  final class Words {
    static final Pattern KERNEL =
        Pattern.compile(
            "(\\s*(kernel|module)(?:\\s+--\\S+)*[\\s=]+)(\\S+)(?:(\\s+)(.*?))?\\s*",
            Pattern.CASE_INSENSITIVE);
    static final Pattern MAGIC = Pattern.compile("(# kopt(?:_[^=\\s]+)?=)(.*)");
    static final Pattern SETTING =
        Pattern.compile(
            "(\\s*(default|timeout)(?:\\s+|\\s*=\\s*))(\\S+)\\s*", Pattern.CASE_INSENSITIVE);

    private Words() {}
  }
}
