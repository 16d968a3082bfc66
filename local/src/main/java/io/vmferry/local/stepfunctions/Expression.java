package io.vmferry.local.stepfunctions;

import com.dashjoin.jsonata.JException;
import com.dashjoin.jsonata.Jsonata;
import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashSet;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One JSONata expression of a definition, the text between <code>{%</code> and <code>%}</code>.
 *
 * @param text the expression
 * @param field the field it is in, as the service names it: {@code Arguments/Payload/task}
 * @param references the names of all variables in it
 */
record Expression(String text, String field, Set<String> references) {
  private static final long MAX_MILLIS = 10_000;
  private static final int MAX_DEPTH = 500;
  // Strings, quoted names, comments, and what begins with a dollar sign.
  private static final Pattern TOKENS =
      Pattern.compile(
          "\"(?:\\\\.|[^\"\\\\])*\"|'(?:\\\\.|[^'\\\\])*'|`[^`]*`|/\\*.*?\\*/"
              + "|\\$(?<name>[A-Za-z_][A-Za-z0-9_]*)(?<after>\\s*(?:\\(|:=|,|\\)))?",
          Pattern.DOTALL);

  /** Whether a string is an expression. */
  static boolean isExpression(String value) {
    return value.startsWith("{%") && value.endsWith("%}") && value.length() >= 4;
  }

  /**
   * Compiles a string for which {@link #isExpression} holds.
   *
   * @throws InvalidDefinitionException if it is no JSONata, or calls a function that there is not
   */
  static Expression compile(String value, String path, String field)
      throws InvalidDefinitionException {
    String text = value.substring(2, value.length() - 2).strip();
    try {
      Jsonata.jsonata(text);
    } catch (RuntimeException e) {
      throw new InvalidDefinitionException(
          path, "The JSONata expression '" + text + "' is invalid (" + e.getMessage() + ")");
    }
    Set<String> references = new HashSet<>();
    Set<String> called = new HashSet<>();
    Set<String> local = new HashSet<>();
    Matcher tokens = TOKENS.matcher(text);
    while (tokens.find()) {
      String name = tokens.group("name");
      if (name == null) {
        continue;
      }
      references.add(name);
      String after = tokens.group("after") == null ? "" : tokens.group("after").strip();
      if (after.equals("(")) {
        called.add(name);
      } else if (!after.isEmpty()) {
        local.add(name);
      }
    }
    called.removeAll(local);
    for (String name : called) {
      if (!JsonataFunctions.isKnown(name)) {
        throw new InvalidDefinitionException(
            path,
            "The JSONata expression '"
                + text
                + "' calls $"
                + name
                + (name.equals("eval")
                    ? ", which Step Functions does not have: use $parse"
                    : ", which is not a function"));
      }
    }
    return new Expression(text, field, Set.copyOf(references));
  }

  /**
   * Evaluates the expression.
   *
   * @throws StateFailure {@code States.QueryEvaluationError} if it fails or returns nothing that is
   *     JSON
   */
  JsonNode evaluate(Bindings bindings) {
    // The library keeps evaluation state in its expressions: each evaluation has its own.
    Jsonata jsonata = Jsonata.jsonata(text);
    jsonata.setOutputConvertNulls(false);
    jsonata.setValidateInput(false);
    Jsonata.Frame frame = jsonata.createFrame();
    frame.setRuntimeBounds(MAX_MILLIS, MAX_DEPTH);
    JsonataFunctions.bind(frame);
    bindings.bind(frame, references);
    @Nullable Object result;
    try {
      result = jsonata.evaluate(null, frame);
    } catch (JException e) {
      throw failure("threw an error during evaluation. " + e.getError() + ": " + e.getMessage());
    } catch (RuntimeException | StackOverflowError e) {
      throw failure("threw an error during evaluation. " + e);
    }
    if (result == null) {
      throw failure("returned nothing (undefined).");
    }
    try {
      return JsonValues.toJson(result);
    } catch (IllegalArgumentException e) {
      throw failure("returned a result that is not JSON: " + e.getMessage());
    }
  }

  /** The error for an evaluation or a value that is wrong. */
  StateFailure failure(String problem) {
    return new StateFailure(
        StateFailure.QUERY_EVALUATION_ERROR,
        "The JSONata expression '" + text + "' specified for the field '" + field + "' " + problem);
  }
}
