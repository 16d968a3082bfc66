package io.vmferry.local.stack;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmferry.functions.api.ApiAction;
import io.vmferry.functions.json.Json;
import io.vmferry.local.ec2.Ec2Actions;
import io.vmferry.local.edge.ServiceResponse;
import io.vmferry.local.lambda.FunctionNotFoundException;
import io.vmferry.local.lambda.Invocation;
import io.vmferry.local.lambda.LambdaRuntime;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a function URL with IAM authorization does in AWS: makes an event of a request and an answer
 * of what the function returns.
 */
final class ApiFunctionUrl implements Ec2Actions {
  private static final Logger LOG = LoggerFactory.getLogger(ApiFunctionUrl.class);

  private final LambdaRuntime lambda;
  private final String function;
  private final String account;

  /** The URL of a function. */
  ApiFunctionUrl(LambdaRuntime lambda, String function, String account) {
    this.lambda = lambda;
    this.function = function;
    this.account = account;
  }

  @Override
  public boolean has(String action) {
    return ApiAction.of(action).isPresent();
  }

  @Override
  public ServiceResponse answer(Call call) {
    try {
      Invocation invocation =
          lambda.invoke(function, event(call).toString().getBytes(StandardCharsets.UTF_8));
      if (invocation.functionError().isEmpty()) {
        return response(Json.read(invocation.text(), JsonNode.class));
      }
      LOG.error("request {} failed: {}", call.requestId(), invocation.text());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (FunctionNotFoundException e) {
      throw new IllegalStateException("every stack has an API", e);
    }
    return ServiceResponse.of(502, "application/json", "{\"Message\":\"Internal Server Error\"}");
  }

  /** Lambda's request payload, format 2.0. */
  private ObjectNode event(Call call) {
    ObjectNode event = Json.mapper().createObjectNode();
    event
        .put("version", "2.0")
        .put("routeKey", "$default")
        .put("rawPath", "/")
        .put("rawQueryString", call.query())
        .put("body", call.body())
        .put("isBase64Encoded", false);
    event.putObject("headers");
    ObjectNode context = event.putObject("requestContext");
    context
        .put("accountId", account)
        .put("requestId", call.requestId())
        .put("routeKey", "$default")
        .put("stage", "$default");
    context.putObject("http").put("method", call.method()).put("path", "/");
    context
        .putObject("authorizer")
        .putObject("iam")
        .put("accessKey", call.accessKeyId())
        .put("accountId", account)
        .put("userArn", "arn:aws:iam::%s:root".formatted(account));
    return event;
  }

  private static ServiceResponse response(JsonNode answer) {
    Map<String, String> headers = new LinkedHashMap<>();
    answer
        .path("headers")
        .properties()
        .forEach(header -> headers.put(header.getKey(), header.getValue().asText()));
    return new ServiceResponse(
        answer.path("statusCode").asInt(),
        headers,
        ByteBuffer.wrap(answer.path("body").asText().getBytes(StandardCharsets.UTF_8)));
  }
}
