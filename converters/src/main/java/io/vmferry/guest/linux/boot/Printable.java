package io.vmferry.guest.linux.boot;

/** Text of a guest's that goes into a report: on one line, not too long, without control codes. */
final class Printable {
  private static final int MAX_LENGTH = 200;

  private Printable() {}

  /** The text with control characters as question marks, cut after 200 characters. */
  static String of(String text) {
    String plain = text.replaceAll("\\p{Cntrl}", "?");
    return plain.length() <= MAX_LENGTH ? plain : plain.substring(0, MAX_LENGTH) + "…";
  }
}
