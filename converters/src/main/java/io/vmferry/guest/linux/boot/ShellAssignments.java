package io.vmferry.guest.linux.boot;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A file of shell variables such as /etc/default/grub. Only plain assignments on one line are
 * understood; one that runs a command is left as it is.
 *
 * @param text the file
 */
record ShellAssignments(String text) {
  private static final Pattern ASSIGNMENT =
      Pattern.compile(
          "(\\s*(?:export\\s+)?)([A-Za-z_][A-Za-z0-9_]*)(\\+?=)(\"[^\"]*\"|'[^']*'|[^\\s\"'#]*)(\\s*(?:#.*)?)");

  /** What a variable's value becomes. */
  @FunctionalInterface
  interface Edit {
    /** The new value for an old one. */
    String apply(String value) throws IOException;
  }

  /** The value a variable has in the end; empty if it is not assigned. */
  Optional<String> get(String name) {
    Optional<String> value = Optional.empty();
    for (String line : text.split("\n", -1)) {
      Matcher matcher = ASSIGNMENT.matcher(line);
      if (matcher.matches() && matcher.group(2).equals(name)) {
        value = Optional.of(unquoted(matcher.group(4)));
      }
    }
    return value;
  }

  /** Edits a variable wherever it is assigned. */
  ShellAssignments edit(String name, Edit edit) throws IOException {
    List<String> lines = new ArrayList<>();
    for (String line : text.split("\n", -1)) {
      Matcher matcher = ASSIGNMENT.matcher(line);
      boolean plain =
          matcher.matches()
              && matcher.group(2).equals(name)
              && !matcher.group(4).contains("$(")
              && !matcher.group(4).contains("`");
      if (!plain) {
        lines.add(line);
        continue;
      }
      String before = unquoted(matcher.group(4));
      String after = edit.apply(before);
      String quote = matcher.group(4).startsWith("'") ? "'" : "\"";
      lines.add(
          after.equals(before)
              ? line
              : matcher.group(1)
                  + name
                  + matcher.group(3)
                  + quote
                  + after
                  + quote
                  + matcher.group(5));
    }
    return new ShellAssignments(String.join("\n", lines));
  }

  /** Gives a variable a value wherever it is assigned, else in a line of its own at the end. */
  ShellAssignments set(String name, String value) throws IOException {
    if (get(name).isPresent()) {
      return edit(name, ignored -> value);
    }
    String end = text.isEmpty() || text.endsWith("\n") ? "" : "\n";
    return new ShellAssignments(text + end + name + "=\"" + value + "\"\n");
  }

  private static String unquoted(String value) {
    return value.startsWith("\"") || value.startsWith("'")
        ? value.substring(1, value.length() - 1)
        : value;
  }
}
