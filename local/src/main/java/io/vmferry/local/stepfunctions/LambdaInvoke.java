package io.vmferry.local.stepfunctions;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmferry.local.lambda.FunctionNotFoundException;
import io.vmferry.local.lambda.Invocation;
import io.vmferry.local.lambda.LambdaRuntime;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;

/**
 * The optimized integration with Lambda. A function's exception becomes the task's error under the
 * name of its class, with the whole error document as cause.
 */
public final class LambdaInvoke implements TaskIntegration {
  private static final Set<String> REQUIRED = Set.of("FunctionName");
  private static final Set<String> ARGUMENTS =
      Set.of("FunctionName", "Payload", "InvocationType", "Qualifier");

  /** Tells whether a state machine's role may do something. Safe for use by many threads. */
  @FunctionalInterface
  public interface RoleCheck {

    /** Why a role may not; empty if it may. */
    Optional<String> denial(String roleArn, String action, String resource);
  }

  private final LambdaRuntime runtime;
  private final RoleCheck roles;

  /** Invokes the runtime's functions, whoever asks. */
  public LambdaInvoke(LambdaRuntime runtime) {
    this(runtime, (roleArn, action, resource) -> Optional.empty());
  }

  /** Invokes the runtime's functions for those who may. */
  public LambdaInvoke(LambdaRuntime runtime, RoleCheck roles) {
    this.runtime = runtime;
    this.roles = roles;
  }

  @Override
  public String resource() {
    return "arn:aws:states:::lambda:invoke";
  }

  @Override
  public Set<String> arguments() {
    return ARGUMENTS;
  }

  @Override
  public Set<String> requiredArguments() {
    return REQUIRED;
  }

  @Override
  public JsonNode run(JsonNode arguments) throws TaskFailedException, InterruptedException {
    String function = text(arguments, "FunctionName", "");
    String type = text(arguments, "InvocationType", "RequestResponse");
    if (!text(arguments, "Qualifier", "$LATEST").equals("$LATEST")) {
      throw new TaskFailedException(
          "Lambda.ResourceNotFoundException", "A version or alias is told by the function's ARN");
    }
    JsonNode payload = arguments.path("Payload");
    byte[] body = payload.isMissingNode() ? new byte[0] : bytes(payload);
    try {
      return switch (type) {
        case "RequestResponse" -> answer(runtime.invoke(function, body));
        case "Event" -> {
          runtime.invokeEvent(function, body);
          yield result(202);
        }
        default ->
            throw new TaskFailedException(
                "Lambda.InvalidParameterValueException",
                "The invocation type '" + type + "' is not supported");
      };
    } catch (FunctionNotFoundException e) {
      throw new TaskFailedException(
          "Lambda.ResourceNotFoundException", String.valueOf(e.getMessage()));
    }
  }

  @Override
  public JsonNode run(JsonNode arguments, String roleArn)
      throws TaskFailedException, InterruptedException {
    String function = runtime.arnOf(text(arguments, "FunctionName", ""));
    Optional<String> denial = roles.denial(roleArn, "lambda:InvokeFunction", function);
    if (denial.isPresent()) {
      throw new TaskFailedException(
          "Lambda.AWSLambdaException",
          denial.get() + " (Service: Lambda, Status Code: 403, Error Code: AccessDeniedException)");
    }
    return run(arguments);
  }

  private static byte[] bytes(JsonNode payload) {
    return payload.toString().getBytes(StandardCharsets.UTF_8);
  }

  private static String text(JsonNode arguments, String name, String otherwise)
      throws TaskFailedException {
    JsonNode value = arguments.path(name);
    if (value.isMissingNode()) {
      return otherwise;
    }
    if (!value.isTextual()) {
      throw new TaskFailedException(
          "Lambda.InvalidParameterValueException", "The argument '" + name + "' is no string");
    }
    return value.textValue();
  }

  private static JsonNode answer(Invocation invocation) throws TaskFailedException {
    JsonNode payload;
    try {
      payload = JsonValues.parse(invocation.text());
    } catch (JsonProcessingException e) {
      throw new TaskFailedException(
          "Lambda.Unknown", "The function's answer is not JSON: " + e.getOriginalMessage());
    }
    if (invocation.functionError().isPresent()) {
      String type = payload.path("errorType").asText();
      throw new TaskFailedException(type.isEmpty() ? "Lambda.Unknown" : type, invocation.text());
    }
    ObjectNode result = result(200);
    result.set("Payload", payload);
    return result;
  }

  private static ObjectNode result(int status) {
    ObjectNode result = JsonNodeFactory.instance.objectNode();
    result.put("ExecutedVersion", "$LATEST").put("StatusCode", status);
    result.putObject("SdkHttpMetadata").put("HttpStatusCode", status);
    return result;
  }
}
