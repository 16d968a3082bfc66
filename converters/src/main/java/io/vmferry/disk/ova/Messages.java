package io.vmferry.disk.ova;

/** A stranger's text, made fit for messages. */
final class Messages {
  private static final int LIMIT = 120;

  private Messages() {}

  /** The text on one line, and cut where it gets long. */
  static String shorten(String text) {
    String line = onOneLine(text, LIMIT);
    return line.length() < text.length() ? line + "…" : line;
  }

  /** The text's first characters, with question marks for control characters. */
  static String onOneLine(String text, int limit) {
    return text.codePoints()
        .limit(limit)
        .map(c -> Character.isISOControl(c) ? '?' : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }
}
