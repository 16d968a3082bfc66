package io.vmferry.local.stepfunctions;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * An object of a definition while it is read: each member is taken by who understands it, and what
 * is left is refused.
 */
final class Fields {
  private static final Set<String> JSON_PATH =
      Set.of(
          "InputPath",
          "OutputPath",
          "ResultPath",
          "Parameters",
          "ResultSelector",
          "ItemsPath",
          "Result",
          "SecondsPath",
          "TimestampPath",
          "TimeoutSecondsPath",
          "HeartbeatSecondsPath",
          "MaxConcurrencyPath",
          "MaxItemsPath",
          "ToleratedFailureCountPath",
          "ToleratedFailurePercentagePath",
          "ErrorPath",
          "CausePath",
          "Variable");

  private final JsonNode object;
  private final String path;
  private final Set<String> taken = new HashSet<>();

  private Fields(JsonNode object, String path) {
    this.object = object;
    this.path = path;
  }

  static Fields of(JsonNode value, String path) throws InvalidDefinitionException {
    if (!value.isObject()) {
      throw new InvalidDefinitionException(path, "Expected an object");
    }
    return new Fields(value, path);
  }

  String path() {
    return path;
  }

  String path(String name) {
    return path + "/" + name;
  }

  InvalidDefinitionException invalid(String name, String problem) {
    return new InvalidDefinitionException(path(name), problem);
  }

  Optional<JsonNode> take(String name) {
    taken.add(name);
    return Optional.ofNullable(object.get(name));
  }

  JsonNode require(String name) throws InvalidDefinitionException {
    Optional<JsonNode> value = take(name);
    if (value.isEmpty()) {
      throw new InvalidDefinitionException(path, "Missing the field '" + name + "'");
    }
    return value.get();
  }

  Optional<String> text(String name) throws InvalidDefinitionException {
    Optional<JsonNode> value = take(name);
    if (value.isPresent() && !value.get().isTextual()) {
      throw invalid(name, "Expected a string");
    }
    return value.map(JsonNode::textValue);
  }

  String requireText(String name) throws InvalidDefinitionException {
    require(name);
    return text(name).orElseThrow();
  }

  Optional<Template> template(String name, String field) throws InvalidDefinitionException {
    Optional<JsonNode> value = take(name);
    return value.isEmpty()
        ? Optional.empty()
        : Optional.of(Template.compile(value.get(), path(name), field));
  }

  /** A template whose value, if it is given, is a string. */
  Optional<Template> textTemplate(String name) throws InvalidDefinitionException {
    text(name);
    return template(name, name);
  }

  /** An integer that is given, not computed. */
  Optional<Long> integer(String name, long least, long most) throws InvalidDefinitionException {
    Optional<JsonNode> value = take(name);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    if (!value.get().isIntegralNumber()
        || !value.get().canConvertToLong()
        || value.get().longValue() < least
        || value.get().longValue() > most) {
      throw invalid(name, "Expected an integer from " + least + " to " + most);
    }
    return Optional.of(value.get().longValue());
  }

  /** A number, given or computed. */
  Optional<State.NumberField> number(String name, double least, double most, boolean integer)
      throws InvalidDefinitionException {
    Optional<Template> template = template(name, name);
    if (template.isEmpty()) {
      return Optional.empty();
    }
    State.NumberField field = new State.NumberField(template.get(), name, least, most, integer);
    if (template.get() instanceof Template.Literal literal) {
      try {
        field.evaluate(Bindings.none());
      } catch (StateFailure e) {
        throw invalid(name, "Expected " + field.expected() + ", found " + literal.value());
      }
    } else if (!(template.get() instanceof Template.Computed)) {
      throw invalid(name, "Expected " + field.expected());
    }
    return Optional.of(field);
  }

  Optional<List<Fields>> list(String name) throws InvalidDefinitionException {
    Optional<JsonNode> value = take(name);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    if (!value.get().isArray()) {
      throw invalid(name, "Expected an array");
    }
    List<Fields> list = new ArrayList<>();
    for (int i = 0; i < value.get().size(); i++) {
      list.add(of(value.get().get(i), path(name) + "[" + i + "]"));
    }
    return Optional.of(list);
  }

  /** Refuses every member nobody took. */
  void end() throws InvalidDefinitionException {
    for (Map.Entry<String, JsonNode> member : object.properties()) {
      String name = member.getKey();
      if (taken.contains(name)) {
        continue;
      }
      if (JSON_PATH.contains(name)) {
        throw invalid(
            name, "The field '" + name + "' is JSONPath's; the query language is JSONata");
      }
      throw invalid(name, "The field '" + name + "' is not supported");
    }
  }
}
