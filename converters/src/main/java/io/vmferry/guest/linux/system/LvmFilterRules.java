package io.vmferry.guest.linux.system;

import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Tells whether LVM's filter lets a device pass. A device has several names. It passes if a name of
 * it is accepted by the first pattern that matches that name; else it fails if a name is rejected;
 * else, as no pattern matches any name, it passes (lib/filters/filter-regex.c of LVM, and the text
 * above {@code filter} in lvm.conf).
 */
final class LvmFilterRules {
  private static final int MAX_PATTERN = 500;

  /** Characters looked at in one match; a sane pattern looks at some hundred. */
  private static final int MAX_STEPS = 100_000;

  private LvmFilterRules() {}

  /**
   * Whether a device passes. What cannot be told counts as no: a pattern that is none, one that is
   * too long, or one that takes too many steps.
   *
   * @param patterns the filter's: {@code a} or {@code r} and an expression between two of any
   *     character
   * @param names all the device's
   */
  static boolean pass(List<String> patterns, List<String> names) {
    boolean rejected = false;
    for (String name : names) {
      switch (verdict(patterns, name)) {
        case ACCEPTED -> {
          return true;
        }
        case REJECTED -> rejected = true;
        case NONE -> {}
      }
    }
    return !rejected;
  }

  private enum Verdict {
    ACCEPTED,
    REJECTED,
    NONE
  }

  private static Verdict verdict(List<String> patterns, String name) {
    for (String pattern : patterns) {
      if (pattern.length() < 3 || pattern.length() > MAX_PATTERN) {
        return Verdict.REJECTED;
      }
      char kind = pattern.charAt(0);
      int end = pattern.length() - 1;
      if ((kind != 'a' && kind != 'r') || pattern.charAt(end) != closing(pattern.charAt(1))) {
        return Verdict.REJECTED;
      }
      try {
        if (Pattern.compile(pattern.substring(2, end)).matcher(new Counted(name)).find()) {
          return kind == 'a' ? Verdict.ACCEPTED : Verdict.REJECTED;
        }
      } catch (PatternSyntaxException | IllegalStateException e) {
        return Verdict.REJECTED;
      }
    }
    return Verdict.NONE;
  }

  private static char closing(char opening) {
    return switch (opening) {
      case '(' -> ')';
      case '[' -> ']';
      case '{' -> '}';
      default -> opening;
    };
  }

  /** A name that ends a match that would take for ever, by counting how often it is looked at. */
  private static final class Counted implements CharSequence {
    private final String name;
    private int steps;

    Counted(String name) {
      this.name = name;
    }

    @Override
    public int length() {
      return name.length();
    }

    @Override
    public char charAt(int index) {
      if (++steps > MAX_STEPS) {
        throw new IllegalStateException("the pattern takes too many steps");
      }
      return name.charAt(index);
    }

    @Override
    public CharSequence subSequence(int start, int end) {
      return name.subSequence(start, end);
    }

    @Override
    public String toString() {
      return name;
    }
  }
}
