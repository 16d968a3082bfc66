package io.vmferry.local.stepfunctions;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Reads one state of a definition. */
final class StateReader {
  private static final long MAX_SECONDS = 99_999_999;
  private static final long MAX_DELAY_SECONDS = 31_622_400;
  private static final int MAX_LABEL = 40;
  private static final long MAX_ITEMS = 100_000_000;

  private final DefinitionReader reader;
  private final Map<String, TaskIntegration> integrations;
  private final String name;
  private final Fields fields;
  private final Set<String> variables;

  StateReader(
      DefinitionReader reader,
      Map<String, TaskIntegration> integrations,
      String name,
      Fields fields,
      Set<String> variables) {
    this.reader = reader;
    this.integrations = integrations;
    this.name = name;
    this.fields = fields;
    this.variables = variables;
  }

  State read() throws InvalidDefinitionException {
    String type = fields.requireText("Type");
    fields.text("Comment");
    if (!fields.text("QueryLanguage").orElse("JSONata").equals("JSONata")) {
      throw fields.invalid("QueryLanguage", "Only the query language 'JSONata' is supported");
    }
    State state =
        switch (type) {
          case "Task" -> task();
          case "Pass" -> new State.Pass(name, next(), data(fields));
          case "Choice" -> choice();
          case "Wait" -> waiting();
          case "Succeed" ->
              new State.Succeed(
                  name, new State.Data(Optional.empty(), fields.template("Output", "Output")));
          case "Fail" ->
              new State.Fail(name, fields.textTemplate("Error"), fields.textTemplate("Cause"));
          case "Parallel" -> parallel();
          case "Map" -> map();
          default -> throw fields.invalid("Type", "The state type '" + type + "' is not supported");
        };
    fields.end();
    return state;
  }

  private Optional<String> next() throws InvalidDefinitionException {
    Optional<String> next = fields.text("Next");
    Optional<JsonNode> end = fields.take("End");
    if (end.isPresent() && !end.get().isBoolean()) {
      throw fields.invalid("End", "Expected true");
    }
    boolean ends = end.isPresent() && end.get().booleanValue();
    if (ends == next.isPresent()) {
      throw new InvalidDefinitionException(fields.path(), "Expected either 'Next' or 'End': true");
    }
    return next;
  }

  private static State.Data data(Fields holder) throws InvalidDefinitionException {
    Optional<JsonNode> assign = holder.take("Assign");
    if (assign.isPresent()) {
      if (!assign.get().isObject()) {
        throw holder.invalid("Assign", "Expected an object");
      }
      for (Map.Entry<String, JsonNode> member : assign.get().properties()) {
        if (!Scope.isName(member.getKey())) {
          throw new InvalidDefinitionException(
              holder.path("Assign") + "/" + member.getKey(), "This is no name of a variable");
        }
      }
    }
    return new State.Data(holder.template("Assign", "Assign"), holder.template("Output", "Output"));
  }

  private State.Task task() throws InvalidDefinitionException {
    String resource = fields.requireText("Resource");
    TaskIntegration integration = integrations.get(resource);
    if (integration == null) {
      throw fields.invalid(
          "Resource",
          "The integration '"
              + resource
              + "' is not supported; supported are "
              + integrations.keySet().stream().sorted().toList());
    }
    Optional<Template> arguments = fields.template("Arguments", "Arguments");
    checkArguments(integration, arguments);
    return new State.Task(
        name,
        next(),
        resource,
        arguments,
        data(fields),
        retry(),
        catchers(),
        fields.number("TimeoutSeconds", 1, MAX_SECONDS, true));
  }

  private void checkArguments(TaskIntegration integration, Optional<Template> arguments)
      throws InvalidDefinitionException {
    Set<String> members = new HashSet<>();
    if (arguments.isPresent()) {
      switch (arguments.get()) {
        case Template.Computed computed -> {
          return; // Checked when it is evaluated.
        }
        case Template.Members object -> members.addAll(object.members().keySet());
        case Template.Literal literal -> {
          if (!literal.value().isObject()) {
            throw fields.invalid("Arguments", "Expected an object");
          }
          literal.value().properties().forEach(member -> members.add(member.getKey()));
        }
        case Template.Elements elements -> throw fields.invalid("Arguments", "Expected an object");
      }
    }
    Optional<String> problem = argumentsProblem(integration, members);
    if (problem.isPresent()) {
      throw fields.invalid("Arguments", problem.get());
    }
  }

  /** What is wrong with the names of an integration's arguments. */
  static Optional<String> argumentsProblem(TaskIntegration integration, Set<String> members) {
    for (String member : members) {
      if (!integration.arguments().contains(member)) {
        return Optional.of(
            "The argument '" + member + "' of " + integration.resource() + " is not supported");
      }
    }
    for (String member : integration.requiredArguments()) {
      if (!members.contains(member)) {
        return Optional.of("Missing the argument '" + member + "' of " + integration.resource());
      }
    }
    return Optional.empty();
  }

  private State.Choice choice() throws InvalidDefinitionException {
    List<State.Rule> rules = new ArrayList<>();
    Optional<List<Fields>> choices = fields.list("Choices");
    if (choices.isEmpty() || choices.get().isEmpty()) {
      throw fields.invalid("Choices", "Expected an array with at least one rule");
    }
    for (Fields rule : choices.get()) {
      rule.text("Comment");
      String condition = rule.requireText("Condition");
      if (!Expression.isExpression(condition)) {
        throw rule.invalid("Condition", "Expected a JSONata expression in {% and %}");
      }
      rules.add(
          new State.Rule(
              Expression.compile(condition, rule.path("Condition"), "Condition"),
              rule.requireText("Next"),
              data(rule)));
      rule.end();
    }
    return new State.Choice(name, List.copyOf(rules), fields.text("Default"), data(fields));
  }

  private State.Wait waiting() throws InvalidDefinitionException {
    Optional<State.NumberField> seconds = fields.number("Seconds", 0, MAX_SECONDS, true);
    Optional<Template> timestamp = fields.textTemplate("Timestamp");
    if (seconds.isPresent() == timestamp.isPresent()) {
      throw new InvalidDefinitionException(
          fields.path(), "Expected either 'Seconds' or 'Timestamp'");
    }
    if (timestamp.isPresent() && timestamp.get() instanceof Template.Literal literal) {
      try {
        State.Wait.timestamp(literal.value());
      } catch (StateFailure e) {
        throw fields.invalid("Timestamp", "Expected an RFC 3339 timestamp");
      }
    }
    return new State.Wait(name, next(), seconds, timestamp, data(fields));
  }

  private State.Parallel parallel() throws InvalidDefinitionException {
    Optional<List<Fields>> branches = fields.list("Branches");
    if (branches.isEmpty() || branches.get().isEmpty()) {
      throw fields.invalid("Branches", "Expected an array with at least one branch");
    }
    List<State.Flow> flows = new ArrayList<>();
    for (Fields branch : branches.get()) {
      branch.text("Comment");
      flows.add(reader.flow(branch, variables));
      branch.end();
    }
    return new State.Parallel(
        name,
        next(),
        List.copyOf(flows),
        fields.template("Arguments", "Arguments"),
        data(fields),
        retry(),
        catchers());
  }

  private State.MapItems map() throws InvalidDefinitionException {
    Fields processor = Fields.of(fields.require("ItemProcessor"), fields.path("ItemProcessor"));
    processor.text("Comment");
    boolean distributed = false;
    boolean express = false;
    Optional<JsonNode> config = processor.take("ProcessorConfig");
    if (config.isPresent()) {
      Fields mode = Fields.of(config.get(), processor.path("ProcessorConfig"));
      distributed = oneOf(mode, "Mode", "INLINE", "DISTRIBUTED").equals("DISTRIBUTED");
      if (distributed) {
        express = oneOf(mode, "ExecutionType", "STANDARD", "EXPRESS").equals("EXPRESS");
      }
      mode.end();
    }
    State.Flow flow = reader.flow(processor, distributed ? Set.of() : variables);
    processor.end();
    Optional<Template> items = fields.template("Items", "Items");
    Optional<State.Reader> itemReader = distributed ? itemReader() : Optional.empty();
    if (items.isPresent() && itemReader.isPresent()) {
      throw fields.invalid("Items", "Expected either 'Items' or 'ItemReader'");
    }
    if (items.isPresent()
        && items.get() instanceof Template.Literal literal
        && !literal.value().isArray()) {
      throw fields.invalid("Items", "Expected an array or a JSONata expression");
    }
    if (items.isPresent() && items.get() instanceof Template.Members) {
      throw fields.invalid("Items", "Iterating over an object is not supported");
    }
    return new State.MapItems(
        name,
        next(),
        flow,
        distributed,
        express,
        distributed ? label() : name,
        items,
        itemReader,
        fields.template("ItemSelector", "ItemSelector"),
        fields.number("MaxConcurrency", 0, Integer.MAX_VALUE, true),
        distributed ? fields.number("ToleratedFailureCount", 0, MAX_ITEMS, true) : Optional.empty(),
        distributed ? fields.number("ToleratedFailurePercentage", 0, 100, false) : Optional.empty(),
        data(fields),
        retry(),
        catchers());
  }

  private String label() throws InvalidDefinitionException {
    Optional<String> label = fields.text("Label");
    if (label.isPresent()
        && (label.get().isEmpty()
            || label.get().length() > MAX_LABEL
            || !Names.isValid(label.get()))) {
      throw fields.invalid("Label", "Expected 1 to 40 characters of those a name may have");
    }
    return label.orElse(name.length() > MAX_LABEL ? name.substring(0, MAX_LABEL) : name);
  }

  private Optional<State.Reader> itemReader() throws InvalidDefinitionException {
    Optional<JsonNode> value = fields.take("ItemReader");
    if (value.isEmpty()) {
      return Optional.empty();
    }
    Fields itemReader = Fields.of(value.get(), fields.path("ItemReader"));
    oneOf(itemReader, "Resource", "arn:aws:states:::s3:getObject");
    Fields config = Fields.of(itemReader.require("ReaderConfig"), itemReader.path("ReaderConfig"));
    oneOf(config, "InputType", "JSON");
    Optional<State.NumberField> maxItems = config.number("MaxItems", 1, MAX_ITEMS, true);
    config.end();
    JsonNode arguments = itemReader.require("Arguments");
    if (!arguments.isTextual()) {
      Fields members = Fields.of(arguments, itemReader.path("Arguments"));
      members.requireText("Bucket");
      members.requireText("Key");
      members.end();
    } else if (!Expression.isExpression(arguments.textValue())) {
      throw itemReader.invalid("Arguments", "Expected an object");
    }
    Template bucketAndKey =
        Template.compile(arguments, itemReader.path("Arguments"), "ItemReader/Arguments");
    itemReader.end();
    return Optional.of(new State.Reader(bucketAndKey, maxItems));
  }

  private static String oneOf(Fields holder, String field, String... values)
      throws InvalidDefinitionException {
    String value = holder.requireText(field);
    if (!List.of(values).contains(value)) {
      throw holder.invalid(
          field, "'" + value + "' is not supported; supported are " + List.of(values));
    }
    return value;
  }

  private List<State.Retrier> retry() throws InvalidDefinitionException {
    List<Fields> elements = fields.list("Retry").orElse(List.of());
    List<State.Retrier> retriers = new ArrayList<>();
    for (Fields element : elements) {
      element.text("Comment");
      boolean last = retriers.size() == elements.size() - 1;
      Optional<JsonNode> backoff = element.take("BackoffRate");
      if (backoff.isPresent() && (!backoff.get().isNumber() || backoff.get().doubleValue() < 1.0)) {
        throw element.invalid("BackoffRate", "Expected a number of at least 1.0");
      }
      long interval = element.integer("IntervalSeconds", 1, MAX_SECONDS).orElse(1L);
      Optional<Long> maxDelay = element.integer("MaxDelaySeconds", 1, MAX_DELAY_SECONDS - 1);
      if (maxDelay.isPresent() && maxDelay.get() <= interval) {
        throw element.invalid("MaxDelaySeconds", "Expected more than IntervalSeconds");
      }
      boolean jitter =
          element.take("JitterStrategy").isPresent()
              && oneOf(element, "JitterStrategy", "FULL", "NONE").equals("FULL");
      retriers.add(
          new State.Retrier(
              errorEquals(element, last),
              interval,
              element.integer("MaxAttempts", 0, MAX_SECONDS).orElse(3L),
              backoff.map(JsonNode::doubleValue).orElse(2.0),
              maxDelay,
              jitter));
      element.end();
    }
    return List.copyOf(retriers);
  }

  private List<State.Catcher> catchers() throws InvalidDefinitionException {
    List<Fields> elements = fields.list("Catch").orElse(List.of());
    List<State.Catcher> catchers = new ArrayList<>();
    for (Fields element : elements) {
      element.text("Comment");
      boolean last = catchers.size() == elements.size() - 1;
      catchers.add(
          new State.Catcher(
              errorEquals(element, last), element.requireText("Next"), data(element)));
      element.end();
    }
    return List.copyOf(catchers);
  }

  private static List<String> errorEquals(Fields holder, boolean last)
      throws InvalidDefinitionException {
    JsonNode value = holder.require("ErrorEquals");
    if (!value.isArray() || value.isEmpty()) {
      throw holder.invalid("ErrorEquals", "Expected an array with at least one error name");
    }
    List<String> errors = new ArrayList<>();
    for (JsonNode error : value) {
      if (!error.isTextual()) {
        throw holder.invalid("ErrorEquals", "Expected error names");
      }
      errors.add(error.textValue());
    }
    if (errors.contains(StateFailure.ALL) && (errors.size() > 1 || !last)) {
      throw holder.invalid("ErrorEquals", "States.ALL must stand alone, and in the last element");
    }
    for (String error : errors) {
      if (error.startsWith("States.") && !StateFailure.CATCHABLE.contains(error)) {
        throw holder.invalid(
            "ErrorEquals", "The error '" + error + "' never reaches a Retry or Catch here");
      }
    }
    return List.copyOf(errors);
  }
}
