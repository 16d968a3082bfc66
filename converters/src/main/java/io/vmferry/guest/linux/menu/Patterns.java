package io.vmferry.guest.linux.menu;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What the lines of a {@code grub.cfg} look like. */
final class Patterns {
  static final Pattern MENU =
      Pattern.compile(
          "\\s*(menuentry|submenu)\\s+(?:\"((?:[^\"\\\\]|\\\\.)*+)\"|'([^']*+)'|(\\S++))(.*)");
  static final Pattern LINUX =
      Pattern.compile("(\\s*linux(?:16|efi)?\\s+)(\\S++)(?:(\\s+)(.*?))?(\\s*)");
  static final Pattern INITRD = Pattern.compile("\\s*(?:initrd|initrd16|initrdefi)\\s+(.*)");
  static final Pattern SETTING =
      Pattern.compile("(\\s*set\\s+(default|timeout|kernelopts)=)(.*?)(\\s*)");
  private static final Pattern ID =
      Pattern.compile(
          "(?:\\$\\{?menuentry_id_option\\}?|--id)[\\s=]+(?:\"([^\"]*+)\"|'([^']*+)'|(\\S++))");

  private Patterns() {}

  static Optional<String> id(String restOfMenu) {
    Matcher id = ID.matcher(restOfMenu);
    return id.find() ? Optional.of(first(id, 1)) : Optional.empty();
  }

  /** The first of three alternative groups that matched. */
  static String first(Matcher matcher, int group) {
    for (int i = group; i < group + 3; i++) {
      if (matcher.group(i) != null) {
        return orEmpty(matcher.group(i));
      }
    }
    return "";
  }

  static String orEmpty(@org.jspecify.annotations.Nullable String text) {
    return text == null ? "" : text;
  }
}
