package io.vmferry.functions.handler;

import io.vmferry.error.ErrorCode;
import java.io.Serial;

/** A service failed; trying again can help. */
public final class ExternalException extends StepException {
  @Serial private static final long serialVersionUID = 1L;

  ExternalException(ErrorCode code, String message) {
    super(code, message);
  }
}
