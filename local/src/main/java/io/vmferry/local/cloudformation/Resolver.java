package io.vmferry.local.cloudformation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.MissingNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.vmferry.local.cloudformation.CloudAssembly.StackTemplate;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a template's intrinsic functions and references stand for. A reference to what is not there,
 * and a function that is not known, are refused.
 */
final class Resolver {
  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final Pattern VARIABLE = Pattern.compile("\\$\\{(!?)([^}]*)\\}");

  private final StackTemplate stack;
  private final JsonNode template;
  private final String region;
  private final String account;
  private final Map<String, String> parameters;
  private final Map<String, String> exports;
  private final Identities identities;
  private final Map<String, Identity> known = new HashMap<>();
  private final Map<String, Boolean> conditions = new HashMap<>();
  private final Set<String> identifying = new HashSet<>();
  private final Map<String, Set<String>> references = new LinkedHashMap<>();
  private String current = "";

  /**
   * For one stack.
   *
   * @param parameters values for the template's parameters; others have their defaults
   * @param exports what stacks before it have exported
   */
  Resolver(
      StackTemplate stack,
      String region,
      String account,
      Map<String, String> parameters,
      Map<String, String> exports) {
    this.stack = stack;
    this.template = stack.template();
    this.region = region;
    this.account = account;
    this.parameters = parameters;
    this.exports = exports;
    this.identities = new Identities(region, account, stack.name());
  }

  /** Whether a resource is to be made. */
  boolean isWanted(JsonNode resource) {
    return !resource.has("Condition") || condition(resource.path("Condition").asText());
  }

  /** A resource's properties without functions; what they refer to is noted as its needs. */
  JsonNode properties(String logicalId, JsonNode resource) {
    current = logicalId;
    references.computeIfAbsent(logicalId, ignored -> new HashSet<>());
    JsonNode dependsOn = resource.path("DependsOn");
    for (JsonNode id : dependsOn.isArray() ? dependsOn : List.of(dependsOn)) {
      JsonNode other = template.path("Resources").path(id.asText());
      if (!id.isMissingNode() && (other.isMissingNode() || isWanted(other))) {
        refer(where(logicalId), id.asText());
      }
    }
    JsonNode properties =
        resolve(
            where(logicalId),
            resource.path("Properties").isMissingNode()
                ? NODES.objectNode()
                : resource.path("Properties"));
    current = "";
    return properties;
  }

  String where(String logicalId) {
    return stack.name() + "/" + logicalId;
  }

  /** Refuses resources that need each other, as CloudFormation does. */
  void refuseCircles() {
    Set<String> left = new TreeSet<>(references.keySet());
    boolean more = true;
    while (more) {
      // Neither what needs nothing that is left nor what nothing left needs is part of a circle.
      Set<String> needed = new HashSet<>();
      left.forEach(id -> needed.addAll(references.getOrDefault(id, Set.of())));
      more =
          left.removeIf(
              id ->
                  !needed.contains(id)
                      || references.getOrDefault(id, Set.of()).stream().noneMatch(left::contains));
    }
    if (!left.isEmpty()) {
      throw new TemplateException(stack.name(), "circular dependency between resources: " + left);
    }
  }

  private void refer(String where, String logicalId) {
    JsonNode resource = template.path("Resources").path(logicalId);
    if (resource.isMissingNode()) {
      throw new TemplateException(where, "there is no resource " + logicalId);
    }
    if (!isWanted(resource)) {
      throw new TemplateException(where, logicalId + " is not made, by its condition");
    }
    if (!current.isEmpty() && !current.equals(logicalId)) {
      references.computeIfAbsent(current, ignored -> new HashSet<>()).add(logicalId);
    }
  }

  /** What {@code Ref} and {@code Fn::GetAtt} answer for a resource. */
  Identity identity(String where, String logicalId) {
    refer(where, logicalId);
    Identity identity = known.get(logicalId);
    if (identity != null) {
      return identity;
    }
    if (!identifying.add(logicalId)) {
      throw new TemplateException(where, logicalId + " takes its name from itself");
    }
    JsonNode resource = template.path("Resources").path(logicalId);
    JsonNode properties = resource.path("Properties");
    identity =
        identities.of(
            where(logicalId),
            resource.path("Type").asText(),
            logicalId,
            name -> {
              JsonNode value = resolve(where(logicalId) + "/" + name, properties.path(name));
              return value.isMissingNode() ? Optional.empty() : Optional.of(value.asText());
            });
    identifying.remove(logicalId);
    known.put(logicalId, identity);
    return identity;
  }

  /**
   * A value without functions.
   *
   * @param where where it is, for messages
   * @return a missing node for {@code AWS::NoValue}
   */
  JsonNode resolve(String where, JsonNode value) {
    if (value.isArray()) {
      ArrayNode array = NODES.arrayNode();
      for (int i = 0; i < value.size(); i++) {
        JsonNode element = resolve(where + "[" + i + "]", value.get(i));
        if (!element.isMissingNode()) {
          array.add(element);
        }
      }
      return array;
    }
    if (!value.isObject()) {
      return value;
    }
    if (value.size() == 1) {
      String name = value.fieldNames().next();
      if (name.equals("Ref") || name.startsWith("Fn::")) {
        return call(where + "/" + name, name, value.path(name));
      }
    }
    ObjectNode object = NODES.objectNode();
    for (Map.Entry<String, JsonNode> member : value.properties()) {
      if (member.getKey().startsWith("Fn::")) {
        throw new TemplateException(where, member.getKey() + " has members beside it");
      }
      JsonNode resolved = resolve(where + "/" + member.getKey(), member.getValue());
      if (!resolved.isMissingNode()) {
        object.set(member.getKey(), resolved);
      }
    }
    return object;
  }

  private JsonNode call(String where, String function, JsonNode argument) {
    return switch (function) {
      case "Ref" -> ref(where, argument.asText());
      case "Fn::GetAtt" -> TextNode.valueOf(attribute(where, argument));
      case "Fn::Sub" -> TextNode.valueOf(substitute(where, argument));
      case "Fn::Join" -> TextNode.valueOf(join(where, argument));
      case "Fn::ImportValue" -> imported(where, text(where, argument));
      case "Fn::Select" -> select(where, argument);
      case "Fn::Split" -> split(where, argument);
      case "Fn::If" -> resolve(where, argument.path(condition(argument.path(0).asText()) ? 1 : 2));
      case "Fn::FindInMap" -> findInMap(where, argument);
      case "Fn::Base64" ->
          TextNode.valueOf(
              Base64.getEncoder()
                  .encodeToString(text(where, argument).getBytes(StandardCharsets.UTF_8)));
      case "Fn::GetAZs" -> NODES.arrayNode().add(region + "a").add(region + "b").add(region + "c");
      default -> throw new TemplateException(where, function + " is not supported here");
    };
  }

  private String text(String where, JsonNode value) {
    JsonNode resolved = resolve(where, value);
    if (!resolved.isValueNode()) {
      throw new TemplateException(where, "a string is expected, not " + resolved);
    }
    return resolved.asText();
  }

  private JsonNode ref(String where, String id) {
    return switch (id) {
      case "AWS::AccountId" -> TextNode.valueOf(account);
      case "AWS::NoValue" -> MissingNode.getInstance();
      case "AWS::Partition" -> TextNode.valueOf("aws");
      case "AWS::Region" -> TextNode.valueOf(region);
      case "AWS::StackId" ->
          TextNode.valueOf(
              "arn:aws:cloudformation:%s:%s:stack/%s/0".formatted(region, account, stack.name()));
      case "AWS::StackName" -> TextNode.valueOf(stack.name());
      case "AWS::URLSuffix" -> TextNode.valueOf("amazonaws.com");
      default ->
          template.path("Parameters").has(id)
              ? parameter(where, id)
              : TextNode.valueOf(identity(where, id).ref());
    };
  }

  private JsonNode parameter(String where, String name) {
    JsonNode parameter = template.path("Parameters").path(name);
    String value = parameters.get(name);
    if (value == null) {
      JsonNode otherwise = parameter.path("Default");
      if (otherwise.isMissingNode()) {
        throw new TemplateException(where, "the parameter " + name + " has no value");
      }
      value = otherwise.asText();
    }
    String type = parameter.path("Type").asText();
    if (type.equals("CommaDelimitedList") || type.startsWith("List<")) {
      ArrayNode list = NODES.arrayNode();
      for (String part : value.split(",", -1)) {
        list.add(part.strip());
      }
      return list;
    }
    return TextNode.valueOf(value);
  }

  private String attribute(String where, JsonNode argument) {
    String id;
    String name;
    if (argument.isArray()) {
      id = argument.path(0).asText();
      name = text(where, argument.path(1));
    } else {
      int dot = argument.asText().indexOf('.');
      id = argument.asText().substring(0, Math.max(0, dot));
      name = argument.asText().substring(dot + 1);
    }
    return attribute(where, id, name);
  }

  private String attribute(String where, String id, String name) {
    String value = identity(where, id).attributes().get(name);
    if (value == null) {
      throw new TemplateException(
          where,
          "the attribute %s of %s (%s) is not known here"
              .formatted(name, id, template.path("Resources").path(id).path("Type").asText()));
    }
    return value;
  }

  private String substitute(String where, JsonNode argument) {
    String text = argument.isArray() ? argument.path(0).asText() : argument.asText();
    JsonNode values = argument.path(1);
    Matcher variables = VARIABLE.matcher(text);
    StringBuilder filled = new StringBuilder();
    while (variables.find()) {
      String name = variables.group(2);
      String value;
      if (!variables.group(1).isEmpty()) {
        value = "${" + name + "}";
      } else if (values.has(name)) {
        value = text(where, values.path(name));
      } else if (name.contains(".")) {
        int dot = name.indexOf('.');
        value = attribute(where, name.substring(0, dot), name.substring(dot + 1));
      } else {
        value = ref(where, name).asText();
      }
      variables.appendReplacement(filled, Matcher.quoteReplacement(value));
    }
    return variables.appendTail(filled).toString();
  }

  private String join(String where, JsonNode argument) {
    List<String> parts = new ArrayList<>();
    for (JsonNode part : resolve(where, argument.path(1))) {
      if (!part.isValueNode()) {
        throw new TemplateException(
            where, "a list of strings is expected, with " + part + " in it");
      }
      parts.add(part.asText());
    }
    return String.join(argument.path(0).asText(), parts);
  }

  private JsonNode imported(String where, String name) {
    String value = exports.get(name);
    if (value == null) {
      throw new TemplateException(where, "no stack before this one exports '" + name + "'");
    }
    return TextNode.valueOf(value);
  }

  private JsonNode select(String where, JsonNode argument) {
    JsonNode list = resolve(where, argument.path(1));
    int index = Integer.parseInt(text(where, argument.path(0)));
    JsonNode selected = list.path(index);
    if (selected.isMissingNode()) {
      throw new TemplateException(where, "there is no element %d in %s".formatted(index, list));
    }
    return selected;
  }

  private JsonNode split(String where, JsonNode argument) {
    ArrayNode parts = NODES.arrayNode();
    String delimiter = argument.path(0).asText();
    for (String part : text(where, argument.path(1)).split(Pattern.quote(delimiter), -1)) {
      parts.add(part);
    }
    return parts;
  }

  private JsonNode findInMap(String where, JsonNode argument) {
    JsonNode found =
        template
            .path("Mappings")
            .path(text(where, argument.path(0)))
            .path(text(where, argument.path(1)))
            .path(text(where, argument.path(2)));
    if (found.isMissingNode()) {
      throw new TemplateException(where, "there is no such mapping: " + argument);
    }
    return found;
  }

  private boolean condition(String name) {
    Boolean value = conditions.get(name);
    if (value == null) {
      JsonNode definition = template.path("Conditions").path(name);
      if (definition.isMissingNode()) {
        throw new TemplateException(stack.name(), "there is no condition " + name);
      }
      value = holds(stack.name() + "/Conditions/" + name, definition);
      conditions.put(name, value);
    }
    return value;
  }

  private boolean holds(String where, JsonNode condition) {
    if (condition.size() != 1) {
      throw new TemplateException(where, "one function is expected");
    }
    String function = condition.fieldNames().next();
    JsonNode argument = condition.path(function);
    return switch (function) {
      case "Condition" -> condition(argument.asText());
      case "Fn::Equals" -> text(where, argument.path(0)).equals(text(where, argument.path(1)));
      case "Fn::Not" -> !holds(where, argument.path(0));
      case "Fn::And" -> all(argument).stream().allMatch(part -> holds(where, part));
      case "Fn::Or" -> all(argument).stream().anyMatch(part -> holds(where, part));
      default -> throw new TemplateException(where, function + " is not supported here");
    };
  }

  private static List<JsonNode> all(JsonNode list) {
    List<JsonNode> all = new ArrayList<>();
    list.forEach(all::add);
    return all;
  }
}
