package io.vmferry.guest.linux.boot;

/** A driver's module, or one it needs, cannot be taken from a guest; the message says why. */
final class DriverUnavailableException extends Exception {
  private static final long serialVersionUID = 1L;

  DriverUnavailableException(String message) {
    super(message);
  }
}
