package io.vmferry.functions.handler;

import io.vmferry.error.ErrorCode;
import java.io.Serial;

/** The request or the image must change; trying again does not help. */
public final class UserException extends StepException {
  @Serial private static final long serialVersionUID = 1L;

  UserException(ErrorCode code, String message) {
    super(code, message);
  }
}
