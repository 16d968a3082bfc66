package io.vmferry.functions.handler;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.task.TaskError;
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

  StepHandler(Class<I> requestType) {
    this.requestType = requestType;
  }

  /** Does the step. */
  abstract O step(I request) throws IOException;

  @Override
  public final void handleRequest(InputStream input, OutputStream output, @Nullable Context context)
      throws IOException {
    String request = new String(input.readAllBytes(), StandardCharsets.UTF_8);
    byte[] response;
    try (StepLog log = StepLog.open(getClass(), request, context)) {
      try {
        response =
            Json.write(step(Json.read(request, requestType))).getBytes(StandardCharsets.UTF_8);
        log.done();
      } catch (IOException | RuntimeException e) {
        TaskError reason = TaskError.of(e);
        throw log.failed(reason.code(), reason.message(), e);
      }
    }
    output.write(response);
  }
}
