package io.vmferry.guest.linux.boot;

/** How long a boot menu waits: on EC2 nobody chooses, and one that waits for ever never boots. */
final class MenuTimeout {
  /** Seconds that still let someone choose on the serial console. */
  static final String SECONDS = "5";

  private static final int LONGEST = 10;

  private MenuTimeout() {}

  /** Whether a menu's timeout can stay: 0 to 10 seconds. What is no number stays too. */
  static boolean isFine(String seconds) {
    try {
      int value = Integer.parseInt(seconds.strip());
      return value >= 0 && value <= LONGEST;
    } catch (NumberFormatException e) {
      return true;
    }
  }
}
