package io.vmferry.local.stepfunctions;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmferry.local.edge.AwsService;
import io.vmferry.local.edge.ServiceRequest;
import io.vmferry.local.edge.ServiceResponse;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * The Step Functions API over {@link StepFunctions}, AWS JSON 1.0. Members of a request that are
 * not known are refused.
 */
public final class StepFunctionsService implements AwsService {
  private static final String TARGET = "AWSStepFunctions.";
  private static final String CONTENT_TYPE = "application/x-amz-json-1.0";
  private static final int MAX_REQUEST = 4 * 1024 * 1024;
  private static final int MAX_ERROR = 256;
  private static final int MAX_CAUSE = 32_768;
  private static final int MAX_TOKEN = 64;
  private static final Pattern TOKEN = Pattern.compile("[!-~]{1,64}");

  private final StepFunctions engine;

  /** The API of an engine. */
  public StepFunctionsService(StepFunctions engine) {
    this.engine = engine;
  }

  @Override
  public String signingName() {
    return "states";
  }

  @Override
  public ServiceResponse handle(ServiceRequest request) throws IOException {
    String target = request.header("X-Amz-Target").orElse("");
    try {
      byte[] body = request.body().readNBytes(MAX_REQUEST + 1);
      if (body.length > MAX_REQUEST) {
        throw new StatesApiException("ValidationException", "The request has more than 4 MiB");
      }
      if (!target.startsWith(TARGET)) {
        throw new StatesApiException("UnknownOperationException", "No operation '" + target + "'");
      }
      ApiRequest call = new ApiRequest(parse(body));
      ObjectNode answer = JsonValues.MAPPER.createObjectNode();
      dispatch(target.substring(TARGET.length()), call, answer);
      return ServiceResponse.of(200, CONTENT_TYPE, answer.toString());
    } catch (StatesApiException e) {
      return error(e.code(), String.valueOf(e.getMessage()));
    } catch (InvalidDefinitionException e) {
      return error(
          "InvalidDefinition",
          "Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: " + e.getMessage() + "'");
    }
  }

  private static JsonNode parse(byte[] body) {
    try {
      return JsonValues.parse(new String(body, StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      throw new StatesApiException("SerializationException", e.getOriginalMessage());
    }
  }

  private static ServiceResponse error(String code, String message) {
    ObjectNode body =
        JsonValues.MAPPER.createObjectNode().put("__type", code).put("message", message);
    return ServiceResponse.of(400, CONTENT_TYPE, body.toString());
  }

  private void dispatch(String operation, ApiRequest call, ObjectNode answer)
      throws IOException, InvalidDefinitionException {
    switch (operation) {
      case "CreateStateMachine" -> createStateMachine(call, answer);
      case "UpdateStateMachine" -> updateStateMachine(call, answer);
      case "DescribeStateMachine" -> describeStateMachine(call, answer);
      case "ListStateMachines" -> listStateMachines(call, answer);
      case "StartExecution" -> startExecution(call, answer);
      case "DescribeExecution" -> describeExecution(call, answer);
      case "RedriveExecution" -> redriveExecution(call, answer);
      case "StopExecution" -> stopExecution(call, answer);
      case "ListExecutions" -> listExecutions(call, answer);
      case "GetExecutionHistory" -> getExecutionHistory(call, answer);
      case "DescribeMapRun" -> describeMapRun(call, answer);
      case "ListMapRuns" -> listMapRuns(call, answer);
      default ->
          throw new StatesApiException(
              "UnknownOperationException", "The operation " + operation + " is not supported");
    }
  }

  private void createStateMachine(ApiRequest call, ObjectNode answer)
      throws InvalidDefinitionException {
    String name = call.requireText("name");
    String definition = call.requireText("definition");
    String roleArn = call.requireText("roleArn");
    call.only("type", "STANDARD");
    call.end();
    StateMachine machine = engine.create(name, definition, roleArn, Map.of());
    answer.put("stateMachineArn", machine.arn());
    answer.put("creationDate", date(machine.creationDate()));
  }

  private void updateStateMachine(ApiRequest call, ObjectNode answer)
      throws InvalidDefinitionException {
    String arn = call.arn("stateMachineArn");
    Optional<String> definition = call.text("definition");
    Optional<String> roleArn = call.text("roleArn");
    call.end();
    if (definition.isEmpty() && roleArn.isEmpty()) {
      throw new StatesApiException(
          "MissingRequiredParameter", "Either the definition or the role ARN must be specified");
    }
    StateMachine machine =
        engine.update(arn, definition.orElse(null), roleArn.orElse(null), Map.of());
    answer.put("updateDate", date(engine.options().time().now()));
    answer.put("revisionId", machine.revisionId());
  }

  private void describeStateMachine(ApiRequest call, ObjectNode answer) {
    String arn = call.arn("stateMachineArn");
    call.only("includedData", "ALL_DATA");
    call.end();
    StateMachine machine = engine.machine(arn);
    answer
        .put("stateMachineArn", machine.arn())
        .put("name", machine.name())
        .put("status", "ACTIVE")
        .put("definition", machine.definition())
        .put("roleArn", machine.roleArn())
        .put("type", "STANDARD")
        .put("creationDate", date(machine.creationDate()))
        .put("revisionId", machine.revisionId());
    answer.putObject("loggingConfiguration").put("level", "OFF").put("includeExecutionData", false);
    answer.putObject("tracingConfiguration").put("enabled", false);
  }

  private void listStateMachines(ApiRequest call, ObjectNode answer) {
    ApiRequest.Page<StateMachine> page = call.page(engine.machines());
    call.end();
    ArrayNode list = answer.putArray("stateMachines");
    for (StateMachine machine : page.elements()) {
      list.addObject()
          .put("stateMachineArn", machine.arn())
          .put("name", machine.name())
          .put("type", "STANDARD")
          .put("creationDate", date(machine.creationDate()));
    }
    page.nextToken().ifPresent(token -> answer.put("nextToken", token));
  }

  private void startExecution(ApiRequest call, ObjectNode answer) {
    String arn = call.arn("stateMachineArn");
    Optional<String> name = call.text("name");
    String input = call.text("input").orElse("{}");
    call.end();
    Execution execution = engine.start(arn, name.orElse(null), input);
    answer.put("executionArn", execution.arn());
    answer.put("startDate", date(execution.startDate()));
  }

  private void describeExecution(ApiRequest call, ObjectNode answer) {
    String arn = call.arn("executionArn");
    call.only("includedData", "ALL_DATA");
    call.end();
    Execution execution = engine.describe(arn);
    summarize(execution, answer);
    answer.put("input", execution.input());
    answer.putObject("inputDetails").put("included", true);
    if (execution.output().isPresent()) {
      answer.put("output", execution.output().get());
      answer.putObject("outputDetails").put("included", true);
    }
    execution.error().ifPresent(error -> answer.put("error", error));
    execution.cause().ifPresent(cause -> answer.put("cause", cause));
    Optional<String> obstacle = engine.redriveObstacle(execution);
    answer.put("redriveStatus", obstacle.isEmpty() ? "REDRIVABLE" : "NOT_REDRIVABLE");
    obstacle.ifPresent(reason -> answer.put("redriveStatusReason", reason));
  }

  private void redriveExecution(ApiRequest call, ObjectNode answer) {
    String arn = call.arn("executionArn");
    Optional<String> token = call.text("clientToken", MAX_TOKEN);
    call.end();
    if (token.isPresent() && !TOKEN.matcher(token.get()).matches()) {
      throw new StatesApiException(
          "ValidationException", "Value at 'clientToken' must have 1 to 64 characters from ! to ~");
    }
    Execution execution = engine.redrive(arn, token.orElse(null));
    execution.redriveDate().ifPresent(redriven -> answer.put("redriveDate", date(redriven)));
  }

  private static void summarize(Execution execution, ObjectNode answer) {
    answer
        .put("executionArn", execution.arn())
        .put("stateMachineArn", execution.stateMachineArn())
        .put("name", execution.name())
        .put("status", execution.status().name())
        .put("startDate", date(execution.startDate()))
        .put("redriveCount", execution.redriveCount());
    execution.redriveDate().ifPresent(redriven -> answer.put("redriveDate", date(redriven)));
    execution.stopDate().ifPresent(stopDate -> answer.put("stopDate", date(stopDate)));
  }

  private void stopExecution(ApiRequest call, ObjectNode answer) {
    String arn = call.arn("executionArn");
    Optional<String> error = call.text("error", MAX_ERROR);
    Optional<String> cause = call.text("cause", MAX_CAUSE);
    call.end();
    Execution execution = engine.stop(arn, error.orElse(null), cause.orElse(null));
    Instant stopped = execution.stopDate().orElseGet(engine.options().time()::now);
    answer.put("stopDate", date(stopped));
  }

  private void listExecutions(ApiRequest call, ObjectNode answer) {
    String arn = call.arn("stateMachineArn");
    Optional<String> filter = call.text("statusFilter");
    if (filter.isPresent()
        && Arrays.stream(ExecutionStatus.values())
            .noneMatch(status -> status.name().equals(filter.get()))) {
      throw new StatesApiException(
          "ValidationException", "The statusFilter '" + filter.get() + "' is not supported");
    }
    List<Execution> all =
        engine.executions(arn).stream()
            .filter(execution -> filter.isEmpty() || execution.status().name().equals(filter.get()))
            .toList();
    ApiRequest.Page<Execution> page = call.page(all);
    call.end();
    ArrayNode list = answer.putArray("executions");
    page.elements().forEach(execution -> summarize(execution, list.addObject()));
    page.nextToken().ifPresent(token -> answer.put("nextToken", token));
  }

  private void getExecutionHistory(ApiRequest call, ObjectNode answer) throws IOException {
    String arn = call.arn("executionArn");
    boolean reverse = call.flag("reverseOrder", false);
    boolean withData = call.flag("includeExecutionData", true);
    List<JsonNode> events;
    try {
      events =
          new ArrayList<>(History.read(engine.history(arn), 1, (int) Limits.HISTORY_EVENTS + 1));
    } catch (UncheckedIOException e) {
      throw new IOException(e);
    }
    if (reverse) {
      Collections.reverse(events);
    }
    ApiRequest.Page<JsonNode> page = call.page(events);
    call.end();
    ArrayNode list = answer.putArray("events");
    for (JsonNode event : page.elements()) {
      if (!withData) {
        event.forEach(StepFunctionsService::withoutData);
      }
      list.add(event);
    }
    page.nextToken().ifPresent(token -> answer.put("nextToken", token));
  }

  private static void withoutData(JsonNode details) {
    if (details instanceof ObjectNode object) {
      object.remove(List.of("input", "output", "parameters"));
    }
  }

  private void describeMapRun(ApiRequest call, ObjectNode answer) {
    String arn = call.arn("mapRunArn");
    call.end();
    MapRun mapRun =
        engine
            .mapRun(arn)
            .orElseThrow(
                () ->
                    new StatesApiException(
                        "ResourceNotFound", "Resource not found: '" + arn + "'"));
    answer
        .put("mapRunArn", mapRun.arn())
        .put("executionArn", mapRun.executionArn())
        .put("status", mapRun.status().name())
        .put("startDate", date(Instant.ofEpochMilli(mapRun.startMillis())))
        .put("maxConcurrency", mapRun.maxConcurrency());
    mapRun.stopMillis().ifPresent(stop -> answer.put("stopDate", date(Instant.ofEpochMilli(stop))));
    count(mapRun, answer.putObject("itemCounts"));
    count(mapRun, answer.putObject("executionCounts"));
  }

  private static void count(MapRun mapRun, ObjectNode counts) {
    long succeeded = mapRun.succeeded().get();
    long failed = mapRun.failed().get();
    long aborted = mapRun.aborted().get();
    long total = Math.max(mapRun.started().get(), succeeded + failed + aborted);
    counts
        .put("pending", 0)
        .put("running", total - succeeded - failed - aborted)
        .put("succeeded", succeeded)
        .put("failed", failed)
        .put("timedOut", 0)
        .put("aborted", aborted)
        .put("total", total)
        .put("resultsWritten", 0);
  }

  private void listMapRuns(ApiRequest call, ObjectNode answer) {
    String arn = call.arn("executionArn");
    Execution execution = engine.describe(arn);
    ApiRequest.Page<MapRun> page = call.page(engine.mapRuns(arn));
    call.end();
    ArrayNode list = answer.putArray("mapRuns");
    for (MapRun mapRun : page.elements()) {
      ObjectNode entry =
          list.addObject()
              .put("mapRunArn", mapRun.arn())
              .put("executionArn", mapRun.executionArn())
              .put("stateMachineArn", execution.stateMachineArn())
              .put("startDate", date(Instant.ofEpochMilli(mapRun.startMillis())));
      mapRun
          .stopMillis()
          .ifPresent(stop -> entry.put("stopDate", date(Instant.ofEpochMilli(stop))));
    }
    page.nextToken().ifPresent(token -> answer.put("nextToken", token));
  }

  private static BigDecimal date(Instant instant) {
    return BigDecimal.valueOf(instant.toEpochMilli(), 3);
  }
}
