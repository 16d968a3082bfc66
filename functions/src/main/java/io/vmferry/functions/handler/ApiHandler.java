package io.vmferry.functions.handler;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPEvent;
import com.amazonaws.services.lambda.runtime.events.APIGatewayV2HTTPResponse;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectReader;
import io.vmferry.functions.api.Api;
import io.vmferry.functions.api.ApiResponse;
import io.vmferry.functions.json.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * EC2's Query API behind a Lambda function URL, whose requests come in API Gateway's payload format
 * 2.0. Who calls is found by IAM before: a request without a caller is refused.
 */
public final class ApiHandler implements RequestStreamHandler {
  // Lambda adds members now and then.
  private static final ObjectReader EVENT =
      Json.mapper()
          .readerFor(APIGatewayV2HTTPEvent.class)
          .without(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES);

  private final Api api;

  /** For Lambda: wired from the environment. */
  public ApiHandler() {
    this(Wiring.fromEnvironment().api());
  }

  /** With its service. */
  public ApiHandler(Api api) {
    this.api = api;
  }

  @Override
  public void handleRequest(InputStream input, OutputStream output, Context context)
      throws IOException {
    APIGatewayV2HTTPEvent event = EVENT.readValue(input);
    ApiResponse response = api.answer(FunctionUrl.request(event, context));
    APIGatewayV2HTTPResponse answer =
        APIGatewayV2HTTPResponse.builder()
            .withStatusCode(response.status())
            .withHeaders(Map.of("Content-Type", ApiResponse.CONTENT_TYPE))
            .withBody(response.xml())
            .build();
    output.write(Json.write(answer).getBytes(StandardCharsets.UTF_8));
  }
}
