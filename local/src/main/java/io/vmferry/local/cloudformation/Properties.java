package io.vmferry.local.cloudformation;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * An object of a template, resolved, of which every member must be asked for: {@link #end} refuses
 * the others.
 */
final class Properties {
  private final String where;
  private final JsonNode node;
  private final Set<String> left = new TreeSet<>();

  Properties(String where, JsonNode node) {
    if (!node.isObject() && !node.isMissingNode()) {
      throw new TemplateException(where, "an object is expected, not " + node);
    }
    this.where = where;
    this.node = node;
    node.fieldNames().forEachRemaining(left::add);
  }

  String where() {
    return where;
  }

  private JsonNode take(String name) {
    left.remove(name);
    return node.path(name);
  }

  boolean has(String name) {
    return node.has(name);
  }

  Optional<JsonNode> node(String name) {
    JsonNode value = take(name);
    return value.isMissingNode() ? Optional.empty() : Optional.of(value);
  }

  JsonNode required(String name) {
    return node(name).orElseThrow(() -> refuse(name + " is missing"));
  }

  Optional<String> text(String name) {
    return node(name).map(value -> scalar(name, value));
  }

  String requiredText(String name) {
    return scalar(name, required(name));
  }

  private String scalar(String name, JsonNode value) {
    if (!value.isValueNode() || value.isNull()) {
      throw refuse(name + " is " + value + "; a string is expected");
    }
    return value.asText();
  }

  Optional<Integer> integer(String name) {
    return text(name)
        .map(
            value -> {
              try {
                return Integer.valueOf(value);
              } catch (NumberFormatException e) {
                throw new TemplateException(where, name + " is '" + value + "', no number", e);
              }
            });
  }

  Optional<Boolean> bool(String name) {
    return text(name)
        .map(
            value ->
                switch (value) {
                  case "true" -> true;
                  case "false" -> false;
                  default -> throw refuse(name + " is '" + value + "', neither true nor false");
                });
  }

  /** Requires a member to have one of these values if it is there. */
  Optional<String> oneOf(String name, String... values) {
    Optional<String> value = text(name);
    if (value.isPresent() && !List.of(values).contains(value.get())) {
      throw refuse("%s is '%s'; supported: %s".formatted(name, value.get(), List.of(values)));
    }
    return value;
  }

  Properties object(String name) {
    return new Properties(where + "/" + name, take(name));
  }

  List<Properties> objects(String name) {
    List<Properties> objects = new ArrayList<>();
    JsonNode list = array(name);
    for (int i = 0; i < list.size(); i++) {
      objects.add(new Properties(where + "/" + name + "[" + i + "]", list.get(i)));
    }
    return objects;
  }

  List<String> texts(String name) {
    List<String> texts = new ArrayList<>();
    array(name).forEach(value -> texts.add(scalar(name, value)));
    return texts;
  }

  private JsonNode array(String name) {
    JsonNode list = take(name);
    if (!list.isMissingNode() && !list.isArray()) {
      throw refuse(name + " is " + list + "; a list is expected");
    }
    return list;
  }

  /** All members with their values as text. */
  Map<String, String> map() {
    Map<String, String> map = new LinkedHashMap<>();
    for (String name : List.copyOf(left)) {
      map.put(name, requiredText(name));
    }
    return map;
  }

  /** Notes that these members are known, and that here they change nothing. */
  Properties withoutEffect(String... names) {
    left.removeAll(List.of(names));
    return this;
  }

  /** Refuses members that nobody asked for. */
  void end() {
    if (!left.isEmpty()) {
      throw refuse("not supported here: " + String.join(", ", left));
    }
  }

  TemplateException refuse(String message) {
    return new TemplateException(where, message);
  }
}
