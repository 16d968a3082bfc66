package io.vmferry.local.cloudformation;

/** A template that is wrong, or uses what is not supported here. */
public final class TemplateException extends IllegalArgumentException {
  private static final long serialVersionUID = 1L;

  /**
   * A refusal.
   *
   * @param where the stack, and where in its template
   * @param message what is wrong
   */
  public TemplateException(String where, String message) {
    super(where + ": " + message);
  }

  /** A refusal with what it is due to. */
  public TemplateException(String where, String message, Throwable cause) {
    super(where + ": " + message, cause);
  }
}
