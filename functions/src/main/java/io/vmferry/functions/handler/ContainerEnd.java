package io.vmferry.functions.handler;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.task.TaskError;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What ECS says of a task that did not end well, as the state machine's integration hands it on:
 * the task's description with the names in upper camel case.
 */
final class ContainerEnd {
  private ContainerEnd() {}

  /** The reason in such a description; empty if the text is none. */
  static Optional<TaskError> reason(String cause) {
    JsonNode task;
    try {
      task = Json.mapper().readTree(cause);
    } catch (JsonProcessingException e) {
      return Optional.empty();
    }
    if (!task.path("TaskArn").isTextual() || !task.path("Containers").isArray()) {
      return Optional.empty();
    }
    List<String> found = new ArrayList<>();
    for (JsonNode container : task.path("Containers")) {
      JsonNode exit = container.path("ExitCode");
      found.add(
          exit.isNumber()
              ? "the container %s ended with %d"
                  .formatted(container.path("Name").asText(), exit.asInt())
              : "the container %s was never started".formatted(container.path("Name").asText()));
      add(found, container.path("Reason"));
    }
    add(found, task.path("StoppedReason"));
    VmferryException failure =
        new VmferryException(
            ErrorCode.CONTAINER_FAILED,
            "%s (%s)".formatted(String.join("; ", found), task.path("TaskArn").asText()));
    return Optional.of(new TaskError(failure.code(), failure.getMessage()));
  }

  private static void add(List<String> found, JsonNode text) {
    if (text.isTextual() && !text.asText().isBlank()) {
      found.add(text.asText());
    }
  }
}
