package io.vmferry.functions.announce;

import io.vmferry.error.ErrorCode;
import io.vmferry.functions.task.TaskError;

/**
 * Why something failed, as events and results tell it.
 *
 * @param code the stable code, see docs/errors.md
 * @param category {@code USER}, {@code EXTERNAL}, {@code CAPACITY} or {@code INTERNAL}
 * @param message for people
 */
public record ErrorDocument(String code, String category, String message) {

  /** The document of a task's error. */
  public static ErrorDocument of(TaskError error) {
    return of(error.code(), error.message());
  }

  /** The document of a failure. */
  public static ErrorDocument of(ErrorCode code, String message) {
    return new ErrorDocument(code.name(), code.category().name(), message);
  }
}
