package io.vmferry.local.lambda;

/** No function of that name is registered. */
public final class FunctionNotFoundException extends Exception {
  private static final long serialVersionUID = 1L;

  FunctionNotFoundException(String functionArn) {
    super("Function not found: " + functionArn);
  }
}
