package io.vmferry.guest.linux.menu;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;

/**
 * A line of a {@code grub.cfg} as grub-mkconfig writes it (GNU GRUB manual 2.12, chapter 6). The
 * file is a program; these are the lines of those that a distribution writes, and no more. A line
 * that can be edited tells its parts as they are spelled.
 */
public sealed interface GrubLine {

  /**
   * The beginning of an entry or of a submenu.
   *
   * @param submenu whether it is a submenu
   * @param title what the menu shows
   * @param id by what a default may name it besides
   * @param opens whether the line opens its block; else the next one has to
   */
  record Menu(boolean submenu, String title, Optional<String> id, boolean opens)
      implements GrubLine {}

  /**
   * A kernel with its command line.
   *
   * @param before all in front of the kernel's path
   * @param image the kernel's path, as it is spelled
   * @param gap what is between the two
   * @param arguments the command line; empty if there is none
   * @param after blanks behind it
   */
  record Linux(String before, String image, String gap, String arguments, String after)
      implements GrubLine {}

  /**
   * The initramfs.
   *
   * @param images the paths, as they are spelled
   */
  record Initrd(List<String> images) implements GrubLine {}

  /**
   * {@code set default=}, {@code set timeout=} or {@code set kernelopts=}.
   *
   * @param before all in front of the value
   * @param name which
   * @param value with its quotes
   * @param after blanks behind it
   */
  record Setting(String before, String name, String value, String after) implements GrubLine {

    /** The value without quotes around it. */
    public String plain() {
      return unquoted(value);
    }
  }

  /** Another line that opens a block. */
  record Opening() implements GrubLine {}

  /** A brace alone that opens the block of the line before. */
  record LoneBrace() implements GrubLine {}

  /** The end of a block. */
  record Closing() implements GrubLine {}

  /** {@code blscfg}: the entries are in files of their own. */
  record EntriesElsewhere() implements GrubLine {}

  /** Going on with another configuration. */
  record Redirect() implements GrubLine {}

  /** Any other line. */
  record Other() implements GrubLine {}

  /** What a line is. */
  static GrubLine of(String line) {
    Matcher linux = Patterns.LINUX.matcher(line);
    if (linux.matches()) {
      return new Linux(
          linux.group(1),
          linux.group(2),
          Patterns.orEmpty(linux.group(3)),
          Patterns.orEmpty(linux.group(4)),
          linux.group(5));
    }
    Matcher initrd = Patterns.INITRD.matcher(line);
    if (initrd.matches()) {
      return new Initrd(List.of(initrd.group(1).strip().split("\\s+", -1)));
    }
    Matcher setting = Patterns.SETTING.matcher(line);
    if (setting.matches()) {
      return new Setting(setting.group(1), setting.group(2), setting.group(3), setting.group(4));
    }
    String stripped = line.strip();
    Matcher menu = Patterns.MENU.matcher(line);
    if (menu.matches()) {
      return new Menu(
          menu.group(1).equals("submenu"),
          Patterns.first(menu, 2).replaceAll("\\\\(.)", "$1"),
          Patterns.id(menu.group(5)),
          stripped.endsWith("{"));
    }
    return block(stripped);
  }

  private static GrubLine block(String stripped) {
    if (stripped.equals("}")) {
      return new Closing();
    }
    if (stripped.equals("{")) {
      return new LoneBrace();
    }
    if (stripped.endsWith("{")) {
      return new Opening();
    }
    if (stripped.equals("blscfg")) {
      return new EntriesElsewhere();
    }
    boolean redirect =
        stripped.startsWith("configfile ")
            || (stripped.startsWith("source ") && stripped.contains("grub.cfg"));
    return redirect ? new Redirect() : new Other();
  }

  /** A word without quotes around it. */
  static String unquoted(String word) {
    return word.replaceAll("^[\"']|[\"']$", "");
  }
}
