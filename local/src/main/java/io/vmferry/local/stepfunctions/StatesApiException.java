package io.vmferry.local.stepfunctions;

/** The service refuses a request, with the name AWS has for the error. */
public final class StatesApiException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final String code;

  StatesApiException(String code, String message) {
    super(message);
    this.code = code;
  }

  /** The error's name: {@code StateMachineDoesNotExist}. */
  public String code() {
    return code;
  }
}
