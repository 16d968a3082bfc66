package io.vmferry.local.ecs;

/** A call that ECS refuses. */
public final class EcsException extends Exception {
  private static final long serialVersionUID = 1L;

  private final String code;

  /**
   * A refusal.
   *
   * @param code as ECS calls it: {@code InvalidParameterException}
   */
  public EcsException(String code, String message) {
    super(message);
    this.code = code;
  }

  /** As ECS calls it. */
  public String code() {
    return code;
  }
}
