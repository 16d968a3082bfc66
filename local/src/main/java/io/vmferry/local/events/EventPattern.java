package io.vmferry.local.events;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Predicate;

/**
 * The pattern of a rule ("Amazon EventBridge event patterns"): exact values, {@code prefix}, {@code
 * suffix}, {@code anything-but}, {@code equals-ignore-case} and {@code exists}. What it does not
 * know is refused when the rule is made.
 */
final class EventPattern {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private final Map<String, ?> members;

  private EventPattern(Map<String, ?> members) {
    this.members = members;
  }

  /** What a member must be: any of these. A missing member is given as a missing node. */
  private record Leaf(List<Predicate<JsonNode>> any) {
    boolean matches(JsonNode value) {
      if (value.isArray()) {
        for (JsonNode element : value) {
          if (matches(element)) {
            return true;
          }
        }
        return false;
      }
      return any.stream().anyMatch(test -> test.test(value));
    }
  }

  /**
   * Reads a pattern.
   *
   * @throws EventsApiException {@code InvalidEventPatternException}
   */
  static EventPattern parse(String json) {
    try {
      JsonNode pattern = MAPPER.readTree(json);
      if (!pattern.isObject() || pattern.isEmpty()) {
        throw invalid("Pattern must be an object or an array");
      }
      return object(pattern);
    } catch (JsonProcessingException e) {
      throw invalid(e.getOriginalMessage());
    }
  }

  private static EventsApiException invalid(String why) {
    return new EventsApiException(
        "InvalidEventPatternException", "Event pattern is not valid. Reason: " + why);
  }

  private static EventPattern object(JsonNode pattern) {
    Map<String, Object> members = new LinkedHashMap<>();
    pattern
        .properties()
        .forEach(
            member -> {
              String name = member.getKey();
              JsonNode value = member.getValue();
              if (name.startsWith("$")) {
                throw invalid("'" + name + "' is not supported");
              }
              if (value.isObject()) {
                members.put(name, object(value));
              } else if (value.isArray() && !value.isEmpty()) {
                members.put(name, leaf(value));
              } else {
                throw invalid("'" + name + "' must be an object or an array");
              }
            });
    return new EventPattern(members);
  }

  private static Leaf leaf(JsonNode alternatives) {
    List<Predicate<JsonNode>> any = new ArrayList<>();
    for (JsonNode alternative : alternatives) {
      any.add(alternative.isObject() ? operator(alternative) : exactly(alternative));
    }
    return new Leaf(List.copyOf(any));
  }

  private static Predicate<JsonNode> exactly(JsonNode wanted) {
    if (wanted.isArray()) {
      throw invalid("an array cannot be nested in an array");
    }
    return value ->
        wanted.isNumber()
            ? value.isNumber() && value.decimalValue().compareTo(wanted.decimalValue()) == 0
            : value.equals(wanted);
  }

  private static Predicate<JsonNode> operator(JsonNode operator) {
    if (operator.size() != 1) {
      throw invalid("Only one key allowed in match expression");
    }
    Map.Entry<String, JsonNode> only = operator.properties().iterator().next();
    JsonNode argument = only.getValue();
    return switch (only.getKey()) {
      case "prefix" -> {
        String prefix = text("prefix", argument);
        yield value -> value.isTextual() && value.textValue().startsWith(prefix);
      }
      case "suffix" -> {
        String suffix = text("suffix", argument);
        yield value -> value.isTextual() && value.textValue().endsWith(suffix);
      }
      case "equals-ignore-case" -> {
        String text = text("equals-ignore-case", argument).toLowerCase(Locale.ROOT);
        yield value -> value.isTextual() && value.textValue().toLowerCase(Locale.ROOT).equals(text);
      }
      case "exists" -> {
        if (!argument.isBoolean()) {
          throw invalid("exists match pattern must be either true or false");
        }
        yield value -> value.isMissingNode() != argument.booleanValue();
      }
      case "anything-but" -> anythingBut(argument);
      default -> throw invalid("Unrecognized match type " + only.getKey());
    };
  }

  private static Predicate<JsonNode> anythingBut(JsonNode argument) {
    List<Predicate<JsonNode>> refused = new ArrayList<>();
    if (argument.isObject()) {
      refused.add(operator(argument));
    } else if (argument.isArray()) {
      argument.forEach(element -> refused.add(exactly(element)));
    } else {
      refused.add(exactly(argument));
    }
    return value -> !value.isMissingNode() && refused.stream().noneMatch(test -> test.test(value));
  }

  private static String text(String operator, JsonNode argument) {
    if (!argument.isTextual()) {
      throw invalid(operator + " match pattern must be a string");
    }
    return argument.textValue();
  }

  /** Whether an event matches. */
  boolean matches(JsonNode event) {
    return members.entrySet().stream()
        .allMatch(
            member -> {
              JsonNode value = event.path(member.getKey());
              return switch (member.getValue()) {
                case EventPattern nested -> nested.matches(value);
                case Leaf leaf -> leaf.matches(value);
                default -> throw new IllegalStateException("no other is made");
              };
            });
  }
}
