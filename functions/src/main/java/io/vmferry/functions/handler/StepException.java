package io.vmferry.functions.handler;

import io.vmferry.error.ErrorCode;
import io.vmferry.functions.task.TaskError;
import java.io.Serial;

/**
 * A step's failure as the state machine sees it. There is one class for each category, because a
 * state machine decides by the class's name whether to try again; the message starts with the
 * stable code.
 */
public abstract sealed class StepException extends RuntimeException
    permits UserException, ExternalException, CapacityException, InternalException {
  @Serial private static final long serialVersionUID = 1L;

  private static final String SEPARATOR = ": ";

  StepException(ErrorCode code, String message) {
    super(code.name() + SEPARATOR + message);
  }

  /** The failure of a code, in the class of the code's category. */
  static StepException of(ErrorCode code, String message) {
    return switch (code.category()) {
      case USER -> new UserException(code, message);
      case EXTERNAL -> new ExternalException(code, message);
      case CAPACITY -> new CapacityException(code, message);
      case INTERNAL -> new InternalException(code, message);
    };
  }

  /**
   * The reason that a message of this class holds; {@link ErrorCode#INTERNAL} with the whole text
   * if it holds none.
   *
   * @param message what the state machine kept of a failure
   */
  static TaskError reason(String message) {
    int separator = message.indexOf(SEPARATOR);
    if (separator > 0) {
      String name = message.substring(0, separator);
      for (ErrorCode code : ErrorCode.values()) {
        if (code.name().equals(name)) {
          return new TaskError(code, message.substring(separator + SEPARATOR.length()));
        }
      }
    }
    return new TaskError(ErrorCode.INTERNAL, message);
  }
}
