package io.vmferry.functions.handler;

import io.vmferry.error.ErrorCode;
import java.io.Serial;

/** A fault of vmferry; trying again does not help. */
public final class InternalException extends StepException {
  @Serial private static final long serialVersionUID = 1L;

  InternalException(ErrorCode code, String message) {
    super(code, message);
  }
}
