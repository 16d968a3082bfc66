package io.vmferry.functions.handler;

import io.vmferry.error.ErrorCode;
import java.io.Serial;

/** A quota is reached; trying again later helps. */
public final class CapacityException extends StepException {
  @Serial private static final long serialVersionUID = 1L;

  CapacityException(ErrorCode code, String message) {
    super(code, message);
  }
}
