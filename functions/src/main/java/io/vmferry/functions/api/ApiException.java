package io.vmferry.functions.api;

import io.vmferry.functions.task.DiskContainer;
import java.io.Serial;

/** An error answer of EC2: an HTTP status, a code that programs match on, and a text. */
public final class ApiException extends RuntimeException {
  @Serial private static final long serialVersionUID = 1L;

  /** Values that are repeated in a message are cut here: a request may be a megabyte of one. */
  private static final int LONGEST_VALUE = 200;

  private final int status;
  private final String code;

  ApiException(int status, String code, String message) {
    super(message);
    this.status = status;
    this.code = code;
  }

  ApiException(String code, String message) {
    this(400, code, message);
  }

  static ApiException missing(String parameter) {
    return new ApiException(
        "MissingParameter", "The request must contain the parameter " + shown(parameter));
  }

  static ApiException invalidValue(String parameter, String value, String expected) {
    return new ApiException(
        "InvalidParameterValue",
        "Value (%s) for parameter %s is invalid. Expected: %s"
            .formatted(shown(value), shown(parameter), expected));
  }

  static ApiException unknownParameter(String name) {
    return new ApiException(
        "UnknownParameter", "The parameter %s is not recognized".formatted(shown(name)));
  }

  static ApiException unsupported(String what) {
    return new ApiException("UnsupportedOperation", what);
  }

  static ApiException combination(String what) {
    return new ApiException("InvalidParameterCombination", what);
  }

  /** A value of the caller's as a message repeats it: short, and with no credentials of a URL. */
  static String shown(String value) {
    String plain = DiskContainer.of(value).withoutCredentials().url();
    return plain.length() <= LONGEST_VALUE ? plain : plain.substring(0, LONGEST_VALUE) + "…";
  }

  /** The HTTP status. */
  public int status() {
    return status;
  }

  /** The code. */
  public String code() {
    return code;
  }

  /** The text. */
  public String text() {
    return String.valueOf(getMessage());
  }
}
