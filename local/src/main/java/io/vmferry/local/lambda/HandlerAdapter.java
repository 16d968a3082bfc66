package io.vmferry.local.lambda;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestHandler;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JavaType;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;

/**
 * Calls a {@link RequestHandler} with JSON as AWS's Java runtime does: the input's type is taken
 * from the handler's generic declaration, and unknown members are ignored.
 */
final class HandlerAdapter<I, O> {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
          .disable(SerializationFeature.WRITE_DATES_AS_TIMESTAMPS)
          .addModule(new Jdk8Module())
          .addModule(new JavaTimeModule())
          .build();

  private final RequestHandler<I, O> handler;
  private final JavaType inputType;

  /**
   * An adapter.
   *
   * @throws IllegalArgumentException if the handler's class does not say what its input is, as that
   *     of a lambda expression
   */
  HandlerAdapter(RequestHandler<I, O> handler) {
    if (handler.getClass().isSynthetic()) {
      throw new IllegalArgumentException(
          handler.getClass().getName()
              + " does not name the type of its input: register a class that implements"
              + " RequestHandler<Input, Output>");
    }
    this.handler = handler;
    this.inputType =
        MAPPER
            .getTypeFactory()
            .constructType(handler.getClass())
            .findTypeParameters(RequestHandler.class)[0];
  }

  void handle(InputStream input, OutputStream output, Context context) throws IOException {
    I request = MAPPER.readValue(input.readAllBytes(), inputType);
    MAPPER.writeValue(output, handler.handleRequest(request, context));
  }
}
