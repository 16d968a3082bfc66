package io.vmferry.guest.linux.boot;

/** How long a boot menu waits: on EC2 nobody chooses, and one that waits for ever never boots. */
final class MenuTimeout {
  /** Seconds that still let someone choose on the serial console. */
  static final String SECONDS = "5";

  private static final int LONGEST = 10;
  private static final int MAX_DIGITS = 9;

  private MenuTimeout() {}

  /** Whether a menu's timeout can stay: 0 to 10 seconds. What is no number stays too. */
  static boolean isFine(String seconds) {
    String value = seconds.strip();
    if (!value.matches("-?[0-9]+")) {
      return true;
    }
    // Ten digits and more do not fit an int, and are longer than anyone waits.
    return value.length() <= MAX_DIGITS
        && Integer.parseInt(value) >= 0
        && Integer.parseInt(value) <= LONGEST;
  }
}
