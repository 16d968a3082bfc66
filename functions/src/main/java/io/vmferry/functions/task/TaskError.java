package io.vmferry.functions.task;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Why a task failed.
 *
 * @param code the stable code
 * @param message the whole message, with the remedy
 */
public record TaskError(ErrorCode code, String message) {

  /** Why a step failed that threw this. */
  public static TaskError of(Throwable failure) {
    return switch (failure) {
      case VmferryException e -> new TaskError(e.code(), e.getMessage());
      case EOFException e ->
          of(new VmferryException(ErrorCode.IMAGE_TRUNCATED, String.valueOf(e.getMessage()), e));
      case UncheckedIOException e when e.getCause() != null -> of(e.getCause());
      case IOException e ->
          new TaskError(ErrorCode.SERVICE_UNAVAILABLE, String.valueOf(e.getMessage()));
      default -> new TaskError(ErrorCode.INTERNAL, failure.toString());
    };
  }

  /** The failure as it was thrown. */
  public VmferryException toException() {
    return new VmferryException(code, code.detailOf(message));
  }
}
