package io.vmferry.functions.handler;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import com.fasterxml.jackson.core.JsonProcessingException;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.service.TaskLog;
import io.vmferry.functions.task.TaskError;
import io.vmferry.functions.task.TaskEvent;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * What the handlers share: JSON in, one call of a service, JSON out, and failures in the class of
 * their category.
 *
 * @param <I> the request
 * @param <O> the response
 */
public abstract class StepHandler<I, O> implements RequestStreamHandler {
  private final Class<I> requestType;
  private @Nullable TaskLog log;

  StepHandler(Class<I> requestType) {
    this.requestType = requestType;
  }

  /** Has failures written down as events of their tasks in this log, not the environment's. */
  public final StepHandler<I, O> logging(TaskLog other) {
    log = other;
    return this;
  }

  /** Does the step. */
  abstract O step(I request) throws IOException;

  @Override
  public final void handleRequest(InputStream input, OutputStream output, @Nullable Context context)
      throws IOException {
    String request = new String(input.readAllBytes(), StandardCharsets.UTF_8);
    byte[] response;
    try (StepLog invocation = StepLog.open(getClass(), request, context)) {
      try {
        response =
            Json.write(step(Json.read(request, requestType))).getBytes(StandardCharsets.UTF_8);
        invocation.done();
      } catch (IOException | RuntimeException e) {
        TaskError reason = TaskError.of(e);
        StepException failure = invocation.failed(reason.code(), reason.message(), e);
        note(request, failure);
        throw failure;
      }
    }
    output.write(response);
  }

  /** Writes a failure down; the state machine may try again, and then nobody hears of it. */
  private void note(String request, StepException failure) {
    try {
      String taskId = Json.mapper().readTree(request).path("taskId").asText();
      TaskLog events = log == null ? Wiring.logFromEnvironment() : log;
      if (!taskId.isEmpty() && events != null) {
        log = events;
        String step = getClass().getSimpleName().replaceAll("Handler$", "");
        events.add(taskId, TaskEvent.Kind.ERROR, "%s: %s".formatted(step, failure.getMessage()));
      }
    } catch (JsonProcessingException e) {
      failure.addSuppressed(e);
    }
  }
}
