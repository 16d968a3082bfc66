package io.vmferry.guest.inspect;

import java.util.Comparator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Compares versions as rpm does: runs of digits by number, runs of letters by the alphabet. */
final class Versions {
  static final Comparator<String> ORDER = Versions::compare;

  private static final Pattern PART = Pattern.compile("[0-9]+|[a-zA-Z]+|~");

  private Versions() {}

  private static int compare(String left, String right) {
    Matcher a = PART.matcher(left);
    Matcher b = PART.matcher(right);
    while (true) {
      boolean more = a.find();
      boolean others = b.find();
      if (!more || !others) {
        // What goes on is newer, but for a tilde, which marks what comes before a release.
        int longer = more ? (a.group().equals("~") ? -1 : 1) : 0;
        int shorter = others ? (b.group().equals("~") ? 1 : -1) : 0;
        int result = longer + shorter;
        return result == 0 ? left.compareTo(right) : result;
      }
      int result = comparePart(a.group(), b.group());
      if (result != 0) {
        return result;
      }
    }
  }

  private static int comparePart(String a, String b) {
    boolean numbers = Character.isDigit(a.charAt(0));
    if (numbers != Character.isDigit(b.charAt(0))) {
      return numbers ? 1 : -1;
    }
    if (a.equals("~") || b.equals("~")) {
      return a.equals(b) ? 0 : a.equals("~") ? -1 : 1;
    }
    if (!numbers) {
      return a.compareTo(b);
    }
    String left = a.replaceFirst("^0+(?=.)", "");
    String right = b.replaceFirst("^0+(?=.)", "");
    return left.length() != right.length()
        ? Integer.compare(left.length(), right.length())
        : left.compareTo(right);
  }
}
