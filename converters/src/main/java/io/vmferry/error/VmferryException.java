package io.vmferry.error;

import org.jspecify.annotations.Nullable;

/**
 * A failure with a stable code. The message says what was found, where, what was expected and, by
 * the code's remedy, what to do; it starts with the text of the EC2 service's guide where the guide
 * has one.
 */
public final class VmferryException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final ErrorCode code;
  private final String detail;

  /**
   * A failure.
   *
   * @param code the stable code
   * @param detail what was found, where (name, offset), and what was expected; without a final full
   *     stop
   */
  public VmferryException(ErrorCode code, String detail) {
    this(code, detail, null);
  }

  /** A failure with the exception that caused it. */
  public VmferryException(ErrorCode code, String detail, @Nullable Throwable cause) {
    super(code.message(detail), cause);
    this.code = code;
    this.detail = detail;
  }

  /** The guide's text where there is one, the detail, and the remedy. */
  @Override
  public String getMessage() {
    return code.message(detail);
  }

  /** The stable code. */
  public ErrorCode code() {
    return code;
  }

  /** What was found and where, without the guide's text and the remedy. */
  public String detail() {
    return detail;
  }
}
