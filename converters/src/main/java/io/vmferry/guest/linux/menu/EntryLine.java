package io.vmferry.guest.linux.menu;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A line with a key and a value, as files of the Boot Loader Specification (type 1) and
 * loader.conf(5) have them.
 *
 * @param before all in front of the value, as it is spelled
 * @param key the key
 * @param value its value, without blanks around it
 */
public record EntryLine(String before, String key, String value) {
  private static final Pattern LINE = Pattern.compile("(\\s*([a-z-]+)[ \\t]+)(.*?)\\s*");

  /** What a line says; empty for a comment, and for what is no such line. */
  public static Optional<EntryLine> of(String line) {
    Matcher matcher = LINE.matcher(line);
    return matcher.matches()
        ? Optional.of(new EntryLine(matcher.group(1), matcher.group(2), matcher.group(3)))
        : Optional.empty();
  }
}
