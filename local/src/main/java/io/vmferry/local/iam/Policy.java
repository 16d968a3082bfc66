package io.vmferry.local.iam;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** An identity-based policy: what whoever has it may do, and may not. */
public final class Policy {
  private static final Set<String> VERSIONS = Set.of("2012-10-17", "2008-10-17");
  private static final Set<String> MEMBERS =
      Set.of("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource", "Condition");

  private final String name;
  private final List<Statement> statements;

  private Policy(String name, List<Statement> statements) {
    this.name = name;
    this.statements = List.copyOf(statements);
  }

  /**
   * Reads a policy document, in which nothing may be left to resolve.
   *
   * @throws InvalidPolicyException if it is wrong or says something that is not evaluated here
   */
  public static Policy read(String name, JsonNode document) {
    Reader reader = new Reader(name);
    return new Policy(name, reader.statements(document));
  }

  /** Its name. */
  public String name() {
    return name;
  }

  /** All action patterns that it allows, in their order. */
  public List<String> allowedActions() {
    return statements.stream()
        .filter(Statement::allow)
        .flatMap(statement -> statement.actions().stream())
        .toList();
  }

  boolean allows(Access access) {
    return statements.stream().anyMatch(s -> s.allow() && s.isAbout(access));
  }

  boolean denies(Access access) {
    return statements.stream().anyMatch(s -> !s.allow() && s.isAbout(access));
  }

  private record Reader(String policy) {
    List<Statement> statements(JsonNode document) {
      if (!document.isObject()) {
        throw refuse("/", "an object is expected");
      }
      for (Map.Entry<String, JsonNode> member : document.properties()) {
        switch (member.getKey()) {
          case "Version" -> {
            if (!VERSIONS.contains(member.getValue().asText())) {
              throw refuse("/Version", "'" + member.getValue().asText() + "' is unknown");
            }
          }
          case "Id", "Statement" -> {}
          default -> throw refuse("/" + member.getKey(), "the member is unknown");
        }
      }
      JsonNode list = document.path("Statement");
      List<Statement> read = new ArrayList<>();
      if (list.isObject()) {
        read.add(statement("/Statement", list));
        return read;
      }
      if (!list.isArray() || list.isEmpty()) {
        throw refuse("/Statement", "there is none");
      }
      for (int i = 0; i < list.size(); i++) {
        read.add(statement("/Statement[" + i + "]", list.get(i)));
      }
      return read;
    }

    private Statement statement(String path, JsonNode node) {
      for (Map.Entry<String, JsonNode> member : node.properties()) {
        if (!MEMBERS.contains(member.getKey())) {
          throw refuse(path + "/" + member.getKey(), "the member is not evaluated here");
        }
      }
      String effect = node.path("Effect").asText();
      if (!effect.equals("Allow") && !effect.equals("Deny")) {
        throw refuse(path + "/Effect", "'" + effect + "' is neither Allow nor Deny");
      }
      boolean notAction = oneOf(path, node, "Action", "NotAction");
      boolean notResource = oneOf(path, node, "Resource", "NotResource");
      String action = notAction ? "NotAction" : "Action";
      String resource = notResource ? "NotResource" : "Resource";
      List<String> actions = strings(path + "/" + action, node.path(action));
      for (String pattern : actions) {
        if (!pattern.equals("*") && !pattern.matches("[a-zA-Z0-9-]+:[a-zA-Z0-9*?]+")) {
          throw refuse(path + "/" + action, "'" + pattern + "' is no action");
        }
      }
      List<String> resources = strings(path + "/" + resource, node.path(resource));
      for (String pattern : resources) {
        if (!pattern.equals("*") && pattern.split(":", 6).length < 6) {
          throw refuse(path + "/" + resource, "'" + pattern + "' is no ARN");
        }
      }
      return new Statement(
          effect.equals("Allow"),
          actions,
          notAction,
          resources,
          notResource,
          conditions(path + "/Condition", node.path("Condition"), notAction ? List.of() : actions));
    }

    private boolean oneOf(String path, JsonNode node, String name, String not) {
      if (node.has(name) == node.has(not)) {
        throw refuse(path, "one of " + name + " and " + not + " is expected");
      }
      return node.has(not);
    }

    private List<Condition> conditions(String path, JsonNode node, List<String> actions) {
      List<Condition> conditions = new ArrayList<>();
      if (node.isMissingNode()) {
        return conditions;
      }
      for (Map.Entry<String, JsonNode> operator : node.properties()) {
        String at = path + "/" + operator.getKey();
        for (Map.Entry<String, JsonNode> key : operator.getValue().properties()) {
          conditions.add(
              Condition.read(
                  policy,
                  at,
                  operator.getKey(),
                  key.getKey(),
                  strings(at + "/" + key.getKey(), key.getValue()),
                  actions));
        }
      }
      return conditions;
    }

    private List<String> strings(String path, JsonNode node) {
      List<String> strings = new ArrayList<>();
      for (JsonNode value : node.isArray() ? node : List.of(node)) {
        if (!value.isValueNode() || value.isNull()) {
          throw refuse(path, "a string is expected, not " + value);
        }
        String text = value.asText();
        if (text.contains("${")) {
          throw refuse(path, "the policy variable in '" + text + "' is not evaluated here");
        }
        strings.add(text);
      }
      if (strings.isEmpty()) {
        throw refuse(path, "there is none");
      }
      return List.copyOf(strings);
    }

    private InvalidPolicyException refuse(String path, String message) {
      return new InvalidPolicyException(policy, path, message);
    }
  }
}
