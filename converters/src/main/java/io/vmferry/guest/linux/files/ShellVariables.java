package io.vmferry.guest.linux.files;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file of shell assignments, as {@code ifcfg-eth0} is one. Lines that are no assignments, and the
 * order of the lines, stay. Immutable.
 */
public final class ShellVariables {
  private static final Pattern ASSIGNMENT =
      Pattern.compile("\\s*(?:export\\s+)?([A-Za-z_][A-Za-z0-9_]*)=(.*)", Pattern.DOTALL);

  private final List<String> lines;

  private ShellVariables(List<String> lines) {
    this.lines = List.copyOf(lines);
  }

  /** The variables of a text. */
  public static ShellVariables of(String text) {
    List<String> lines = new ArrayList<>(List.of(text.split("\n", -1)));
    if (lines.getLast().isEmpty()) {
      lines.removeLast();
    }
    return new ShellVariables(lines);
  }

  /** A variable's value, without its quotes; the last assignment counts. */
  public Optional<String> get(String name) {
    return lines.reversed().stream()
        .filter(line -> name(line).filter(name::equals).isPresent())
        .map(line -> unquoted(value(line)))
        .findFirst();
  }

  /** Whether a variable says yes, as the shell scripts that read these files understand it. */
  public boolean isYes(String name) {
    return get(name).filter(value -> value.matches("(?i)yes|y|true|t|1")).isPresent();
  }

  /** Whether a variable says no. */
  public boolean isNo(String name) {
    return get(name).filter(value -> value.matches("(?i)no|n|false|f|0")).isPresent();
  }

  /** Whether a variable of such a name is assigned something that is not empty. */
  public boolean has(Predicate<String> names) {
    return lines.stream()
        .anyMatch(line -> name(line).filter(names).isPresent() && !unquoted(value(line)).isEmpty());
  }

  /** These without the variables of such names. */
  public ShellVariables without(Predicate<String> names) {
    return new ShellVariables(
        lines.stream().filter(line -> name(line).filter(names).isEmpty()).toList());
  }

  /**
   * These with one variable changed where it stands, or at the end.
   *
   * @param quote around the value: empty, or a quotation mark
   */
  public ShellVariables with(String name, String value, String quote) {
    List<String> changed = new ArrayList<>();
    boolean done = false;
    for (String line : lines) {
      if (name(line).filter(name::equals).isEmpty()) {
        changed.add(line);
      } else if (!done) {
        boolean same = unquoted(value(line)).equals(value);
        changed.add(same ? line : name + "=" + quote + value + quote);
        done = true;
      }
    }
    if (!done) {
      changed.add(name + "=" + quote + value + quote);
    }
    return new ShellVariables(changed);
  }

  /** The text, every line with its end. */
  public String text() {
    return lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
  }

  private static Optional<String> name(String line) {
    Matcher assignment = ASSIGNMENT.matcher(line);
    return assignment.matches() ? Optional.of(assignment.group(1)) : Optional.empty();
  }

  private static String value(String line) {
    return line.substring(line.indexOf('=') + 1);
  }

  private static String unquoted(String value) {
    String text = value.strip();
    if (!text.isEmpty() && (text.charAt(0) == '"' || text.charAt(0) == '\'')) {
      int end = text.indexOf(text.charAt(0), 1);
      return end < 0 ? text.substring(1) : text.substring(1, end);
    }
    int comment = text.indexOf(" #");
    return (comment < 0 ? text : text.substring(0, comment)).strip();
  }
}
