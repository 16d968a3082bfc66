package io.vmferry.local.lambda;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmferry.local.edge.AwsService;
import io.vmferry.local.edge.ServiceRequest;
import io.vmferry.local.edge.ServiceResponse;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;

/** The Lambda API over a {@link LambdaRuntime}: Invoke, GetFunction and ListFunctions. */
public final class LambdaService implements AwsService {
  private static final ObjectMapper MAPPER =
      JsonMapper.builder().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).build();
  private static final String PREFIX = "/2015-03-31/functions";
  private static final int MAX_EVENT_PAYLOAD = 1024 * 1024;

  private final LambdaRuntime runtime;

  /** The API of the runtime's functions. */
  public LambdaService(LambdaRuntime runtime) {
    this.runtime = runtime;
  }

  @Override
  public String signingName() {
    return "lambda";
  }

  @Override
  public ServiceResponse handle(ServiceRequest request) throws IOException {
    String path = request.path();
    if (!path.equals(PREFIX) && !path.startsWith(PREFIX + "/")) {
      return unknownOperation(request);
    }
    String rest = path.substring(PREFIX.length());
    try {
      if (rest.isEmpty() || rest.equals("/")) {
        return request.method().equals("GET") ? list(request) : unknownOperation(request);
      }
      String[] segments = rest.substring(1).split("/", -1);
      String name = URLDecoder.decode(segments[0], StandardCharsets.UTF_8);
      if (segments.length == 1 && request.method().equals("GET")) {
        refuseOtherParameters(request, Set.of("Qualifier"));
        return getFunction(qualified(name, request));
      }
      if (segments.length == 2
          && segments[1].equals("invocations")
          && request.method().equals("POST")) {
        refuseOtherParameters(request, Set.of("Qualifier"));
        return invoke(qualified(name, request), request);
      }
      return unknownOperation(request);
    } catch (FunctionNotFoundException e) {
      return error(404, "ResourceNotFoundException", String.valueOf(e.getMessage()));
    } catch (InvalidParameterException e) {
      return error(400, "InvalidParameterValueException", String.valueOf(e.getMessage()));
    }
  }

  private static final class InvalidParameterException extends Exception {
    private static final long serialVersionUID = 1L;

    InvalidParameterException(String message) {
      super(message);
    }
  }

  private static void refuseOtherParameters(ServiceRequest request, Set<String> known)
      throws InvalidParameterException {
    for (String name : request.query().keySet()) {
      if (!known.contains(name)) {
        throw new InvalidParameterException("The parameter " + name + " is not supported");
      }
    }
  }

  private static String qualified(String name, ServiceRequest request) {
    String qualifier = request.queryParameter("Qualifier").orElse("$LATEST");
    return qualifier.equals("$LATEST") ? name : name + ":" + qualifier;
  }

  private ServiceResponse invoke(String function, ServiceRequest request)
      throws IOException, FunctionNotFoundException, InvalidParameterException {
    if (request.header("X-Amz-Client-Context").isPresent()) {
      throw new InvalidParameterException("A client context is not supported");
    }
    String type = request.header("X-Amz-Invocation-Type").orElse("RequestResponse");
    int limit = type.equals("Event") ? MAX_EVENT_PAYLOAD : LambdaRuntime.MAX_PAYLOAD;
    byte[] payload = request.body().readNBytes(limit + 1);
    if (payload.length > limit) {
      return error(
          413,
          "RequestTooLargeException",
          "Request must be smaller than " + limit + " bytes for the InvokeFunction operation");
    }
    if (payload.length > 0) {
      try {
        MAPPER.readTree(payload);
      } catch (JsonProcessingException e) {
        return error(
            400,
            "InvalidRequestContentException",
            "Could not parse request body into json: " + e.getOriginalMessage());
      }
    }
    return switch (type) {
      case "RequestResponse" -> invokeAndWait(function, payload, request);
      case "Event" -> {
        runtime.invokeEvent(function, payload);
        yield new ServiceResponse(202, Map.of(), ByteBuffer.allocate(0));
      }
      case "DryRun" -> {
        runtime.find(function);
        yield new ServiceResponse(204, Map.of(), ByteBuffer.allocate(0));
      }
      default -> throw new InvalidParameterException("The invocation type '" + type + "'");
    };
  }

  private ServiceResponse invokeAndWait(String function, byte[] payload, ServiceRequest request)
      throws FunctionNotFoundException, InvalidParameterException {
    String logType = request.header("X-Amz-Log-Type").orElse("None");
    if (!logType.equals("None") && !logType.equals("Tail")) {
      throw new InvalidParameterException("The log type '" + logType + "'");
    }
    Invocation invocation;
    try {
      invocation = runtime.invoke(function, payload);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return error(500, "ServiceException", "The invocation was interrupted");
    }
    Map<String, String> headers = new HashMap<>();
    headers.put("Content-Type", "application/json");
    headers.put("X-Amz-Executed-Version", "$LATEST");
    invocation.functionError().ifPresent(error -> headers.put("X-Amz-Function-Error", error));
    if (logType.equals("Tail")) {
      byte[] log = invocation.logTail().getBytes(StandardCharsets.UTF_8);
      headers.put("X-Amz-Log-Result", Base64.getEncoder().encodeToString(log));
    }
    return new ServiceResponse(200, headers, ByteBuffer.wrap(invocation.payload()));
  }

  private ServiceResponse list(ServiceRequest request)
      throws FunctionNotFoundException, InvalidParameterException {
    refuseOtherParameters(request, Set.of("MaxItems"));
    ObjectNode answer = MAPPER.createObjectNode();
    ArrayNode functions = answer.putArray("Functions");
    for (String name : runtime.functionNames()) {
      functions.add(configuration(runtime.find(name)));
    }
    return json(200, answer);
  }

  private ServiceResponse getFunction(String name) throws FunctionNotFoundException {
    ObjectNode answer = MAPPER.createObjectNode();
    answer.set("Configuration", configuration(runtime.find(name)));
    return json(200, answer);
  }

  private static ObjectNode configuration(LambdaRuntime.Function function) {
    return MAPPER
        .createObjectNode()
        .put("FunctionName", function.name())
        .put("FunctionArn", function.arn())
        .put("Runtime", "java25")
        .put("Handler", function.handlerClass())
        .put("Timeout", function.settings().timeout().toSeconds())
        .put("MemorySize", function.settings().memoryMegabytes())
        .put("LastModified", function.registered().toString())
        .put("Version", "$LATEST")
        .put("State", "Active");
  }

  private static ServiceResponse unknownOperation(ServiceRequest request) {
    return error(
        404,
        "UnknownOperationException",
        request.method() + " " + request.path() + " is not an operation of the embedded Lambda");
  }

  private static ServiceResponse json(int status, ObjectNode body) {
    return ServiceResponse.of(status, "application/json", body.toString());
  }

  private static ServiceResponse error(int status, String code, String message) {
    ObjectNode body =
        MAPPER
            .createObjectNode()
            .put("Type", status >= 500 ? "Service" : "User")
            .put("Message", message)
            .put("message", message);
    return new ServiceResponse(
        status,
        Map.of("Content-Type", "application/json", "X-Amzn-Errortype", code),
        ByteBuffer.wrap(body.toString().getBytes(StandardCharsets.UTF_8)));
  }
}
