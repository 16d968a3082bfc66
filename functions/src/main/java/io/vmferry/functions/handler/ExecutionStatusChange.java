package io.vmferry.functions.handler;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import io.vmferry.functions.port.ExecutionReader;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The event by which EventBridge tells that an execution took another status, as far as it is
 * looked at.
 *
 * @param detail what the event is about
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record ExecutionStatusChange(Detail detail) {

  /**
   * The execution.
   *
   * @param executionArn its ARN
   * @param name its name: the task's id
   * @param status {@code FAILED}, {@code TIMED_OUT}, {@code ABORTED}, …
   * @param error the error's name; not every event has it
   * @param cause more of it; not every event has it
   * @param redriveCount how often the execution had been run again; null if the event is silent
   */
  @JsonIgnoreProperties(ignoreUnknown = true)
  public record Detail(
      String executionArn,
      String name,
      String status,
      @Nullable String error,
      @Nullable String cause,
      @Nullable Integer redriveCount) {

    /** An execution of which it is not known how often it ran. */
    Detail(
        String executionArn,
        String name,
        String status,
        @Nullable String error,
        @Nullable String cause) {
      this(executionArn, name, status, error, cause, null);
    }

    /** Whether the execution ended without success. */
    boolean hasFailed() {
      return switch (status) {
        case "FAILED", "TIMED_OUT", "ABORTED" -> true;
        default -> false;
      };
    }
  }

  /** The failure: as the event tells it, else as the execution does, else by the status alone. */
  Failure failure(ExecutionReader executions) {
    if (detail.error() != null || detail.cause() != null) {
      return new Failure(detail.name(), detail.error(), detail.cause(), detail.redriveCount());
    }
    Optional<ExecutionReader.Reason> reason = executions.failure(detail.executionArn());
    return new Failure(
        detail.name(),
        reason.flatMap(ExecutionReader.Reason::error).orElse(detail.status()),
        reason.flatMap(ExecutionReader.Reason::cause).orElse(null),
        detail.redriveCount());
  }
}
