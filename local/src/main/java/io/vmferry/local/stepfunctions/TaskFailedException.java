package io.vmferry.local.stepfunctions;

/** A task failed; Retry and Catch see its error name. */
public final class TaskFailedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String error;
  private final String explanation;

  /**
   * A failure.
   *
   * @param error the error name that {@code ErrorEquals} is compared with
   * @param explanation the {@code Cause}
   */
  public TaskFailedException(String error, String explanation) {
    super(error + ": " + explanation);
    this.error = error;
    this.explanation = explanation;
  }

  /** The error name. */
  public String error() {
    return error;
  }

  /** The {@code Cause}. */
  public String explanation() {
    return explanation;
  }
}
