package io.vmferry.local.stepfunctions;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads a definition in the Amazon States Language. Everything that is not understood is refused:
 * fields, state types, query languages, functions, integrations.
 */
final class DefinitionReader {
  private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{([A-Za-z0-9_]+)}");

  private final Map<String, TaskIntegration> integrations;
  private final Set<String> stateNames = new HashSet<>();

  private DefinitionReader(Map<String, TaskIntegration> integrations) {
    this.integrations = integrations;
  }

  /**
   * Fills in the placeholders <code>${Name}</code>, as CloudFormation's DefinitionSubstitutions.
   *
   * @throws InvalidDefinitionException if one has no value
   */
  static String substitute(String definition, Map<String, String> substitutions)
      throws InvalidDefinitionException {
    if (substitutions.isEmpty()) {
      return definition;
    }
    Matcher placeholders = PLACEHOLDER.matcher(definition);
    StringBuilder filled = new StringBuilder();
    while (placeholders.find()) {
      String value = substitutions.get(placeholders.group(1));
      if (value == null) {
        throw new InvalidDefinitionException(
            "", "No value for the placeholder " + placeholders.group());
      }
      String quoted = JsonValues.MAPPER.getNodeFactory().textNode(value).toString();
      placeholders.appendReplacement(
          filled, Matcher.quoteReplacement(quoted.substring(1, quoted.length() - 1)));
    }
    return placeholders.appendTail(filled).toString();
  }

  /**
   * Reads a definition.
   *
   * @throws InvalidDefinitionException naming the place of what is wrong or not supported
   */
  static State.Definition read(String definition, Map<String, TaskIntegration> integrations)
      throws InvalidDefinitionException {
    if (definition.getBytes(StandardCharsets.UTF_8).length > Limits.DEFINITION) {
      throw new InvalidDefinitionException("", "The definition has more than 1 MiB");
    }
    JsonNode root;
    try {
      root = JsonValues.parse(definition);
    } catch (JsonProcessingException e) {
      throw new InvalidDefinitionException("", "The definition is not JSON: " + e.getMessage());
    }
    Fields fields = Fields.of(root, "");
    fields.text("Comment");
    Optional<String> version = fields.text("Version");
    if (version.isPresent() && !version.get().equals("1.0")) {
      throw fields.invalid("Version", "Expected '1.0'");
    }
    if (!fields.text("QueryLanguage").orElse("JSONPath").equals("JSONata")) {
      throw fields.invalid("QueryLanguage", "Only the query language 'JSONata' is supported");
    }
    Optional<Long> timeout = fields.integer("TimeoutSeconds", 1, 99_999_999);
    DefinitionReader reader = new DefinitionReader(integrations);
    State.Flow flow = reader.flow(fields, Set.of());
    fields.end();
    return new State.Definition(flow, timeout);
  }

  /**
   * Reads StartAt and States; the caller checks for other fields.
   *
   * @param outerVariables the variables of the levels around, which this one must not assign
   */
  State.Flow flow(Fields fields, Set<String> outerVariables) throws InvalidDefinitionException {
    String startAt = fields.requireText("StartAt");
    Fields statesFields = Fields.of(fields.require("States"), fields.path("States"));
    JsonNode states = fields.require("States");
    if (states.isEmpty()) {
      throw fields.invalid("States", "Expected at least one state");
    }
    Set<String> assigned = assignedVariables(states);
    for (String name : assigned) {
      if (outerVariables.contains(name)) {
        throw fields.invalid(
            "States", "The variable '" + name + "' is assigned in an outer level already");
      }
    }
    Set<String> visible = new HashSet<>(outerVariables);
    visible.addAll(assigned);
    Map<String, State> read = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : states.properties()) {
      String name = entry.getKey();
      String path = statesFields.path(name);
      if (name.isEmpty() || name.codePointCount(0, name.length()) > Limits.NAME) {
        throw new InvalidDefinitionException(path, "A state's name has 1 to 80 characters");
      }
      if (!stateNames.add(name)) {
        throw new InvalidDefinitionException(path, "A second state of the name '" + name + "'");
      }
      Fields stateFields = Fields.of(entry.getValue(), path);
      read.put(name, new StateReader(this, integrations, name, stateFields, visible).read());
    }
    if (!read.containsKey(startAt)) {
      throw fields.invalid("StartAt", "There is no state '" + startAt + "' at this level");
    }
    checkTransitions(read, fields);
    return new State.Flow(startAt, read);
  }

  /** The names in all Assigns of a level, those of its inner levels left out. */
  private static Set<String> assignedVariables(JsonNode states) {
    Set<String> names = new HashSet<>();
    for (JsonNode state : states) {
      addAssigned(state, names);
      state.path("Catch").forEach(catcher -> addAssigned(catcher, names));
      state.path("Choices").forEach(rule -> addAssigned(rule, names));
    }
    return names;
  }

  private static void addAssigned(JsonNode holder, Set<String> names) {
    holder.path("Assign").properties().forEach(member -> names.add(member.getKey()));
  }

  private static void checkTransitions(Map<String, State> states, Fields fields)
      throws InvalidDefinitionException {
    boolean ends = false;
    for (State state : states.values()) {
      Map<String, String> targets = new HashMap<>();
      switch (state) {
        case State.Handled handled -> {
          handled.next().ifPresent(next -> targets.put(next, "Next"));
          handled.catchers().forEach(catcher -> targets.put(catcher.next(), "Catch"));
          ends |= handled.next().isEmpty();
        }
        case State.Pass pass -> {
          pass.next().ifPresent(next -> targets.put(next, "Next"));
          ends |= pass.next().isEmpty();
        }
        case State.Wait wait -> {
          wait.next().ifPresent(next -> targets.put(next, "Next"));
          ends |= wait.next().isEmpty();
        }
        case State.Choice choice -> {
          choice.otherwise().ifPresent(next -> targets.put(next, "Default"));
          choice.rules().forEach(rule -> targets.put(rule.next(), "Choices"));
        }
        case State.Succeed succeed -> ends = true;
        case State.Fail fail -> ends = true;
      }
      for (Map.Entry<String, String> target : targets.entrySet()) {
        if (!states.containsKey(target.getKey())) {
          throw new InvalidDefinitionException(
              fields.path("States") + "/" + state.name() + "/" + target.getValue(),
              "There is no state '" + target.getKey() + "' at this level");
        }
      }
    }
    if (!ends) {
      throw fields.invalid("States", "No state of this level ends it");
    }
  }
}
