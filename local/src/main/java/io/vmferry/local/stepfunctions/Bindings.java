package io.vmferry.local.stepfunctions;

import com.dashjoin.jsonata.Jsonata;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What the expressions of a state see: {@code $states} and the variables. */
final class Bindings {
  private final Scope scope;
  private final Map<String, JsonNode> states;

  private Bindings(Scope scope, Map<String, JsonNode> states) {
    this.scope = scope;
    this.states = states;
  }

  /** Nothing at all. */
  static Bindings none() {
    return new Bindings(new Scope(), Map.of());
  }

  static Bindings of(Scope scope, JsonNode input, ObjectNode context) {
    return new Bindings(scope, Map.of("input", input, "context", context));
  }

  Bindings withResult(JsonNode result) {
    return with("result", result);
  }

  Bindings withErrorOutput(JsonNode errorOutput) {
    return with("errorOutput", errorOutput);
  }

  Bindings withContext(ObjectNode context) {
    return with("context", context);
  }

  private Bindings with(String name, JsonNode value) {
    Map<String, JsonNode> more = new LinkedHashMap<>(states);
    more.put(name, value);
    return new Bindings(scope, more);
  }

  /** Binds those of the names that are variables; JSONata gets copies it may change. */
  void bind(Jsonata.Frame frame, Set<String> names) {
    for (String name : names) {
      if (name.equals(Scope.RESERVED)) {
        Map<String, Object> values = new LinkedHashMap<>();
        states.forEach((key, value) -> values.put(key, JsonValues.fromJson(value)));
        frame.bind(name, values);
      } else {
        Optional<JsonNode> value = scope.lookup(name);
        if (value.isPresent()) {
          frame.bind(name, JsonValues.fromJson(value.get()));
        }
      }
    }
  }
}
