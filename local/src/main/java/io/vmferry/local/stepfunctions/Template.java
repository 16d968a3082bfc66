package io.vmferry.local.stepfunctions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A JSON value with JSONata expressions among its strings. */
sealed interface Template {

  /** A value without expressions. */
  record Literal(JsonNode value) implements Template {
    @Override
    public JsonNode evaluate(Bindings bindings) {
      return value;
    }
  }

  /** A string that is an expression. */
  record Computed(Expression expression) implements Template {
    @Override
    public JsonNode evaluate(Bindings bindings) {
      return expression.evaluate(bindings);
    }
  }

  /** An object. */
  record Members(Map<String, Template> members) implements Template {
    @Override
    public JsonNode evaluate(Bindings bindings) {
      ObjectNode result = JsonNodeFactory.instance.objectNode();
      members.forEach((name, member) -> result.set(name, member.evaluate(bindings)));
      return result;
    }
  }

  /** An array. */
  record Elements(List<Template> elements) implements Template {
    @Override
    public JsonNode evaluate(Bindings bindings) {
      ArrayNode result = JsonNodeFactory.instance.arrayNode();
      elements.forEach(element -> result.add(element.evaluate(bindings)));
      return result;
    }
  }

  /**
   * The value with all expressions evaluated.
   *
   * @throws StateFailure {@code States.QueryEvaluationError}
   */
  JsonNode evaluate(Bindings bindings);

  /**
   * Compiles a field's value.
   *
   * @param path where it is in the document
   * @param field the field's name within its state
   */
  static Template compile(JsonNode value, String path, String field)
      throws InvalidDefinitionException {
    if (value.isTextual() && Expression.isExpression(value.textValue())) {
      return new Computed(Expression.compile(value.textValue(), path, field));
    }
    if (value.isObject()) {
      Map<String, Template> members = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> member : value.properties()) {
        String name = member.getKey();
        if (name.endsWith(".$")) {
          throw new InvalidDefinitionException(
              path + "/" + name, "'" + name + "' is JSONPath; the query language is JSONata");
        }
        members.put(name, compile(member.getValue(), path + "/" + name, field + "/" + name));
      }
      return isLiteral(members.values()) ? new Literal(value) : new Members(members);
    }
    if (value.isArray()) {
      List<Template> elements = new ArrayList<>();
      for (int i = 0; i < value.size(); i++) {
        String index = "[" + i + "]";
        elements.add(compile(value.get(i), path + index, field + index));
      }
      return isLiteral(elements) ? new Literal(value) : new Elements(elements);
    }
    return new Literal(value);
  }

  private static boolean isLiteral(Collection<Template> parts) {
    return parts.stream().allMatch(Literal.class::isInstance);
  }
}
