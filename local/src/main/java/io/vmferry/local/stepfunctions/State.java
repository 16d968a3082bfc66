package io.vmferry.local.stepfunctions;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** A state of a definition. */
sealed interface State {

  /** Its name, unique in the definition. */
  String name();

  /** States that may be retried and caught. */
  sealed interface Handled extends State {
    Data data();

    List<Retrier> retry();

    List<Catcher> catchers();

    /** The next state; empty if this one ends its level. */
    Optional<String> next();
  }

  /** The fields that make variables and the output. */
  record Data(Optional<Template> assign, Optional<Template> output) {}

  /** One element of Retry. */
  record Retrier(
      List<String> errorEquals,
      long intervalSeconds,
      long maxAttempts,
      double backoffRate,
      Optional<Long> maxDelaySeconds,
      boolean jitter) {}

  /** One element of Catch. */
  record Catcher(List<String> errorEquals, String next, Data data) {}

  /** One element of Choices. */
  record Rule(Expression condition, String next, Data data) {}

  /** A level of states. */
  record Flow(String startAt, Map<String, State> states) {
    State state(String name) {
      State state = states.get(name);
      if (state == null) {
        throw new IllegalStateException("No state " + name);
      }
      return state;
    }
  }

  /** A whole definition. */
  record Definition(Flow flow, Optional<Long> timeoutSeconds) {}

  /** A field whose value is a number, given or computed. */
  record NumberField(Template template, String field, double least, double most, boolean integer) {
    double evaluate(Bindings bindings) {
      JsonNode value = template.evaluate(bindings);
      if (!value.isNumber()
          || (integer && value.doubleValue() != Math.rint(value.doubleValue()))
          || value.doubleValue() < least
          || value.doubleValue() > most) {
        throw new StateFailure(
            StateFailure.QUERY_EVALUATION_ERROR,
            "The field '" + field + "' evaluated to " + value + ", which is not " + expected());
      }
      return value.doubleValue();
    }

    String expected() {
      return String.format(
          Locale.ROOT, "%s from %.0f to %.0f", integer ? "an integer" : "a number", least, most);
    }
  }

  /** Calls an integration. */
  record Task(
      String name,
      Optional<String> next,
      String resource,
      Optional<Template> arguments,
      Data data,
      List<Retrier> retry,
      List<Catcher> catchers,
      Optional<NumberField> timeoutSeconds)
      implements Handled {}

  /** Only makes data. */
  record Pass(String name, Optional<String> next, Data data) implements State {}

  /** Branches. */
  record Choice(String name, List<Rule> rules, Optional<String> otherwise, Data data)
      implements State {}

  /** Waits. */
  record Wait(
      String name,
      Optional<String> next,
      Optional<NumberField> seconds,
      Optional<Template> timestamp,
      Data data)
      implements State {

    /** Parses a Timestamp. */
    static Instant timestamp(JsonNode value) {
      try {
        return OffsetDateTime.parse(value.textValue() == null ? "" : value.textValue()).toInstant();
      } catch (DateTimeParseException e) {
        throw new StateFailure(
            StateFailure.QUERY_EVALUATION_ERROR,
            "The field 'Timestamp' evaluated to " + value + ", which is no RFC 3339 timestamp");
      }
    }
  }

  /** Ends its level. */
  record Succeed(String name, Data data) implements State {}

  /** Fails. */
  record Fail(String name, Optional<Template> error, Optional<Template> cause) implements State {}

  /** Runs levels side by side. */
  record Parallel(
      String name,
      Optional<String> next,
      List<Flow> branches,
      Optional<Template> arguments,
      Data data,
      List<Retrier> retry,
      List<Catcher> catchers)
      implements Handled {}

  /** Runs a level for each item. */
  record MapItems(
      String name,
      Optional<String> next,
      Flow processor,
      boolean distributed,
      boolean express,
      String label,
      Optional<Template> items,
      Optional<Reader> reader,
      Optional<Template> itemSelector,
      Optional<NumberField> maxConcurrency,
      Optional<NumberField> toleratedCount,
      Optional<NumberField> toleratedPercentage,
      Data data,
      List<Retrier> retry,
      List<Catcher> catchers)
      implements Handled {}

  /** An ItemReader of a JSON array in S3. */
  record Reader(Template bucketAndKey, Optional<NumberField> maxItems) {}
}
