package io.vmferry.local.events;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmferry.local.edge.AwsService;
import io.vmferry.local.edge.ServiceRequest;
import io.vmferry.local.edge.ServiceResponse;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The EventBridge API over an {@link EventBus}, AWS JSON 1.1: PutEvents, and what shows the rules.
 * Members of a request that are not known are refused.
 */
public final class EventBridgeService implements AwsService {
  private static final String TARGET = "AWSEvents.";
  private static final String CONTENT_TYPE = "application/x-amz-json-1.1";
  private static final String VALIDATION = "ValidationException";
  private static final int MAX_REQUEST = 1 << 20;
  private static final int MOST_ENTRIES = 10;
  private static final int MAX_ENTRIES_SIZE = 256 << 10;

  private static final ObjectMapper MAPPER =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .build();

  private final EventBus bus;

  /** The API of a bus. */
  public EventBridgeService(EventBus bus) {
    this.bus = bus;
  }

  @Override
  public String signingName() {
    return "events";
  }

  @Override
  public ServiceResponse handle(ServiceRequest request) throws IOException {
    String target = request.header("X-Amz-Target").orElse("");
    try {
      byte[] body = request.body().readNBytes(MAX_REQUEST + 1);
      if (body.length > MAX_REQUEST) {
        throw new EventsApiException(VALIDATION, "The request has more than 1 MiB");
      }
      JsonNode json = parse(body);
      ObjectNode answer =
          switch (target) {
            case TARGET + "PutEvents" -> putEvents(json);
            case TARGET + "ListRules" -> listRules(json);
            case TARGET + "DescribeRule" -> describeRule(json);
            case TARGET + "ListTargetsByRule" -> listTargets(json);
            case TARGET + "DescribeEventBus" -> describeBus(json);
            default ->
                throw new EventsApiException(
                    "UnknownOperationException", "No operation '" + target + "' here");
          };
      return ServiceResponse.of(200, CONTENT_TYPE, answer.toString());
    } catch (EventsApiException e) {
      ObjectNode error =
          MAPPER
              .createObjectNode()
              .put("__type", e.code())
              .put("message", String.valueOf(e.getMessage()));
      return ServiceResponse.of(400, CONTENT_TYPE, error.toString());
    }
  }

  private static JsonNode parse(byte[] body) {
    try {
      JsonNode json = MAPPER.readTree(new String(body, StandardCharsets.UTF_8));
      if (!json.isObject()) {
        throw new EventsApiException("SerializationException", "The request is no JSON object");
      }
      return json;
    } catch (JsonProcessingException e) {
      throw new EventsApiException("SerializationException", e.getOriginalMessage());
    }
  }

  private static void refuseOthers(JsonNode json, String... known) {
    Set<String> names = Set.of(known);
    for (Map.Entry<String, JsonNode> member : json.properties()) {
      if (!names.contains(member.getKey())) {
        throw new EventsApiException(
            VALIDATION, "The member '" + member.getKey() + "' is not supported");
      }
    }
  }

  private static Optional<String> text(JsonNode json, String name) {
    JsonNode value = json.path(name);
    if (value.isMissingNode() || value.isNull()) {
      return Optional.empty();
    }
    if (!value.isTextual()) {
      throw new EventsApiException("SerializationException", "'" + name + "' is no string");
    }
    return Optional.of(value.textValue());
  }

  private void requireBus(JsonNode json, String member) {
    text(json, member)
        .filter(name -> !name.equals(EventBus.NAME) && !name.equals(bus.arn()))
        .ifPresent(
            name -> {
              throw new EventsApiException(
                  "ResourceNotFoundException", "Event bus " + name + " does not exist.");
            });
  }

  private ObjectNode putEvents(JsonNode json) {
    refuseOthers(json, "Entries");
    JsonNode entries = json.path("Entries");
    if (!entries.isArray() || entries.isEmpty() || entries.size() > MOST_ENTRIES) {
      throw new EventsApiException(
          VALIDATION,
          "1 validation error detected: Value at 'entries' failed to satisfy constraint: Member"
              + " must have length between 1 and 10");
    }
    int size = 0;
    for (JsonNode entry : entries) {
      refuseOthers(
          entry,
          "Source",
          "DetailType",
          "Detail",
          "Resources",
          "Time",
          "EventBusName",
          "TraceHeader");
      size += entry.toString().getBytes(StandardCharsets.UTF_8).length;
    }
    if (size > MAX_ENTRIES_SIZE) {
      throw new EventsApiException(
          VALIDATION, "Total size of the entries in the request is over the limit.");
    }
    ObjectNode answer = MAPPER.createObjectNode();
    ArrayNode results = MAPPER.createArrayNode();
    int failed = 0;
    for (JsonNode entry : entries) {
      ObjectNode result = results.addObject();
      try {
        result.put("EventId", put(entry));
      } catch (EventsApiException e) {
        failed++;
        result.put("ErrorCode", e.code()).put("ErrorMessage", e.getMessage());
      }
    }
    answer.put("FailedEntryCount", failed);
    answer.set("Entries", results);
    return answer;
  }

  private String put(JsonNode entry) {
    // As in AWS, an entry is refused by itself, and the call succeeds.
    requireBus(entry, "EventBusName");
    String source = required(entry, "Source");
    if (source.startsWith("aws.")) {
      throw new EventsApiException(
          "NotAuthorizedForSourceException", "Not authorized for the source.");
    }
    return bus.put(
        source, required(entry, "DetailType"), time(entry), resources(entry), detail(entry));
  }

  private static String required(JsonNode entry, String name) {
    return text(entry, name)
        .filter(value -> !value.isEmpty())
        .orElseThrow(
            () ->
                new EventsApiException(
                    "InvalidArgument",
                    "Parameter "
                        + name
                        + " is not valid. Reason: "
                        + name
                        + " is a required argument."));
  }

  private static JsonNode detail(JsonNode entry) {
    try {
      JsonNode detail = MAPPER.readTree(required(entry, "Detail"));
      if (detail.isObject()) {
        return detail;
      }
    } catch (JsonProcessingException e) {
      throw new EventsApiException("MalformedDetail", "Detail is malformed.");
    }
    throw new EventsApiException("MalformedDetail", "Detail is malformed.");
  }

  private static Optional<Instant> time(JsonNode entry) {
    JsonNode time = entry.path("Time");
    if (time.isMissingNode() || time.isNull()) {
      return Optional.empty();
    }
    if (!time.isNumber()) {
      throw new EventsApiException("InvalidArgument", "Parameter Time is not valid.");
    }
    BigDecimal millis = time.decimalValue().movePointRight(3);
    return Optional.of(Instant.ofEpochMilli(millis.longValue()));
  }

  private static List<String> resources(JsonNode entry) {
    List<String> resources = new ArrayList<>();
    JsonNode given = entry.path("Resources");
    if (!given.isMissingNode() && !given.isNull() && !given.isArray()) {
      throw new EventsApiException("InvalidArgument", "Parameter Resources is not valid.");
    }
    given.forEach(resource -> resources.add(resource.asText()));
    return resources;
  }

  private ObjectNode listRules(JsonNode json) {
    refuseOthers(json, "NamePrefix", "EventBusName");
    requireBus(json, "EventBusName");
    String prefix = text(json, "NamePrefix").orElse("");
    ObjectNode answer = MAPPER.createObjectNode();
    ArrayNode rules = answer.putArray("Rules");
    bus.rules().stream()
        .filter(rule -> rule.name().startsWith(prefix))
        .forEach(rule -> describe(rule, rules.addObject()));
    return answer;
  }

  private void describe(EventBus.Rule rule, ObjectNode into) {
    into.put("Name", rule.name())
        .put("Arn", bus.arnOf(rule))
        .put("EventPattern", rule.pattern())
        .put("State", "ENABLED")
        .put("EventBusName", EventBus.NAME);
  }

  private EventBus.Rule rule(JsonNode json, String member) {
    String name = required(json, member);
    return bus.rules().stream()
        .filter(rule -> rule.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new EventsApiException(
                    "ResourceNotFoundException",
                    "Rule " + name + " does not exist on EventBus default."));
  }

  private ObjectNode describeRule(JsonNode json) {
    refuseOthers(json, "Name", "EventBusName");
    requireBus(json, "EventBusName");
    ObjectNode answer = MAPPER.createObjectNode();
    describe(rule(json, "Name"), answer);
    return answer;
  }

  private ObjectNode listTargets(JsonNode json) {
    refuseOthers(json, "Rule", "EventBusName");
    requireBus(json, "EventBusName");
    EventBus.Rule rule = rule(json, "Rule");
    ObjectNode answer = MAPPER.createObjectNode();
    answer
        .putArray("Targets")
        .addObject()
        .put("Id", rule.function())
        .put("Arn", bus.targetOf(rule));
    return answer;
  }

  private ObjectNode describeBus(JsonNode json) {
    refuseOthers(json, "Name");
    requireBus(json, "Name");
    return MAPPER.createObjectNode().put("Name", EventBus.NAME).put("Arn", bus.arn());
  }
}
