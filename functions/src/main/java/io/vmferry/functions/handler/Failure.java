package io.vmferry.functions.handler;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.port.Workflow;
import io.vmferry.functions.task.TaskError;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * A failure as a state machine catches it.
 *
 * @param taskId the task
 * @param error the error's name: a class name, or one of the state machine's own; null if none is
 *     known
 * @param cause what Lambda says of the exception, as JSON, or free text; null if none is known
 */
@JsonIgnoreProperties(ignoreUnknown = true)
public record Failure(
    String taskId, @Nullable String error, @Nullable String cause, @Nullable Integer redrives) {

  /** A failure of whatever run the task is in. */
  public Failure(String taskId, @Nullable String error, @Nullable String cause) {
    this(taskId, error, cause, null);
  }

  /** How often the execution that failed had been run again; empty if that is not known. */
  OptionalInt run() {
    return redrives == null ? OptionalInt.empty() : OptionalInt.of(redrives);
  }

  /** Why the task failed. */
  public TaskError reason() {
    if (Workflow.CANCELLED.equals(error)) {
      return new TaskError(
          ErrorCode.TASK_CANCELLED,
          new VmferryException(ErrorCode.TASK_CANCELLED, "cancelled").getMessage());
    }
    String message = cause == null ? "" : message(cause);
    if (cause == null || message.isEmpty()) {
      return new TaskError(
          ErrorCode.INTERNAL,
          "the state machine ended with " + (error == null ? "no reason" : error));
    }
    Optional<TaskError> container = ContainerEnd.reason(cause);
    if (container.isPresent()) {
      return container.get();
    }
    TaskError reason = StepException.reason(message);
    boolean named =
        error == null || reason.code() != ErrorCode.INTERNAL || message.startsWith(error);
    return named ? reason : new TaskError(reason.code(), error + ": " + reason.message());
  }

  /** The exception's message from Lambda's JSON; the text itself if it is no such JSON. */
  private static String message(String cause) {
    try {
      JsonNode message = Json.mapper().readTree(cause).path("errorMessage");
      return message.isTextual() ? message.asText() : cause;
    } catch (JsonProcessingException e) {
      return cause;
    }
  }
}
