package io.vmferry.functions.task;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;

/**
 * Why a task failed.
 *
 * @param code the stable code
 * @param message the whole message, with the remedy
 */
public record TaskError(ErrorCode code, String message) {

  /** The failure as it was thrown. */
  public VmferryException toException() {
    return new VmferryException(code, code.detailOf(message));
  }
}
