package io.vmferry.guest.linux.system;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The device filters in a text of LVM's configuration language, as {@code lvm.conf} is one: {@code
 * filter} and {@code global_filter} of the section {@code devices}, written in it or as {@code
 * devices/filter}. All else in the text stays as it is. See lvm.conf(5).
 */
final class LvmFilterText {
  private static final Set<String> NAMES = Set.of("devices/filter", "devices/global_filter");
  private static final String WORD_ENDS = "{}[]=,#\"'";

  /**
   * A filter in the text.
   *
   * @param name {@code devices/filter} or {@code devices/global_filter}
   * @param start where its value begins
   * @param end behind its value
   * @param patterns its patterns without their quotes, the first that matches counts
   */
  record Filter(String name, int start, int end, List<String> patterns) {
    Filter {
      patterns = List.copyOf(patterns);
    }
  }

  private final String text;
  private int at;

  private LvmFilterText(String text) {
    this.text = text;
  }

  /** The filters that are in force, in the order of the text; none that are commented out. */
  static List<Filter> filters(String text) {
    return new LvmFilterText(text).filters();
  }

  /**
   * The text with patterns in front of a filter's own.
   *
   * @param filter of that text
   */
  static String withFirst(String text, Filter filter, List<String> patterns) {
    StringBuilder first = new StringBuilder();
    patterns.forEach(pattern -> first.append('"').append(pattern).append("\", "));
    String value = text.substring(filter.start(), filter.end());
    String longer =
        value.startsWith("[")
            ? "[ " + first + value.substring(1).stripLeading()
            : "[ " + first + value + " ]";
    return text.substring(0, filter.start()) + longer + text.substring(filter.end());
  }

  private List<Filter> filters() {
    List<Filter> filters = new ArrayList<>();
    List<String> sections = new ArrayList<>();
    String word = "";
    for (skip(); at < text.length(); skip()) {
      switch (text.charAt(at)) {
        case '{' -> {
          sections.add(word);
          at++;
        }
        case '}' -> {
          if (!sections.isEmpty()) {
            sections.removeLast();
          }
          at++;
        }
        case '=' -> {
          at++;
          value(String.join("/", sections) + (sections.isEmpty() ? "" : "/") + word)
              .ifPresent(filters::add);
        }
        case '"', '\'' -> string();
        case '[', ']', ',' -> at++;
        default -> word = word();
      }
    }
    return filters;
  }

  /** Reads a value; a filter's is given back, if it is whole. */
  private Optional<Filter> value(String name) {
    skip();
    int start = at;
    List<String> strings = new ArrayList<>();
    boolean whole = true;
    if (at < text.length() && text.charAt(at) == '[') {
      whole = list(strings);
    } else if (at < text.length() && isQuote(text.charAt(at))) {
      strings.add(string());
    }
    boolean filter = NAMES.contains(name) && whole && !strings.isEmpty();
    return filter ? Optional.of(new Filter(name, start, at, strings)) : Optional.empty();
  }

  /** Reads a list to its end; false if it has none. */
  private boolean list(List<String> strings) {
    at++;
    for (skip(); at < text.length(); skip()) {
      char c = text.charAt(at);
      if (isQuote(c)) {
        strings.add(string());
      } else if (c == ']') {
        at++;
        return true;
      } else {
        at++;
      }
    }
    return false;
  }

  private String string() {
    char quote = text.charAt(at++);
    StringBuilder string = new StringBuilder();
    while (at < text.length() && text.charAt(at) != quote) {
      if (quote == '"' && (text.startsWith("\\\"", at) || text.startsWith("\\\\", at))) {
        at++;
      }
      string.append(text.charAt(at++));
    }
    at = Math.min(text.length(), at + 1);
    return string.toString();
  }

  private String word() {
    int start = at;
    while (at < text.length()
        && !Character.isWhitespace(text.charAt(at))
        && WORD_ENDS.indexOf(text.charAt(at)) < 0) {
      at++;
    }
    return text.substring(start, at);
  }

  /** Skips blanks and comments. */
  private void skip() {
    while (at < text.length()
        && (Character.isWhitespace(text.charAt(at)) || text.charAt(at) == '#')) {
      if (text.charAt(at) == '#') {
        int end = text.indexOf('\n', at);
        at = end < 0 ? text.length() : end;
      } else {
        at++;
      }
    }
  }

  private static boolean isQuote(char c) {
    return c == '"' || c == '\'';
  }
}
