package io.vmferry.local.stepfunctions;

/** A state machine's definition is wrong, or uses what this interpreter does not support. */
public final class InvalidDefinitionException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String path;

  InvalidDefinitionException(String path, String problem) {
    super(problem + " at " + (path.isEmpty() ? "/" : path));
    this.path = path;
  }

  /** Where in the document, as {@code /States/Convert/Retry[0]/MaxAttempts}. */
  public String path() {
    return path;
  }
}
