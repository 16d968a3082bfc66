package io.vmferry.local.stepfunctions;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The variables of one level of states. Inner levels read the outer ones' variables; the outer
 * level does not run while an inner one does.
 */
final class Scope {
  /** The variable that is not one. */
  static final String RESERVED = "states";

  private static final Pattern NAME =
      Pattern.compile("[\\p{javaUnicodeIdentifierStart}_][\\p{javaUnicodeIdentifierPart}]*");

  private final @Nullable Scope outer;
  private final AtomicLong totalBytes;
  private final Map<String, JsonNode> variables = new HashMap<>();
  private final Map<String, Integer> sizes = new HashMap<>();

  /** The scope of an execution. */
  Scope() {
    this.outer = null;
    this.totalBytes = new AtomicLong();
  }

  private Scope(Scope outer) {
    this.outer = outer;
    this.totalBytes = outer.totalBytes;
  }

  Scope inner() {
    return new Scope(this);
  }

  static boolean isName(String name) {
    return name.codePointCount(0, name.length()) <= Limits.NAME
        && NAME.matcher(name).matches()
        && !name.equals(RESERVED);
  }

  Optional<JsonNode> lookup(String name) {
    JsonNode value = variables.get(name);
    if (value != null) {
      return Optional.of(value);
    }
    return outer == null ? Optional.empty() : outer.lookup(name);
  }

  /**
   * Stores an Assign's values.
   *
   * @throws StateFailure {@code States.DataLimitExceeded}; nothing is stored then
   */
  void assign(JsonNode values) {
    if (Limits.bytes(values) > Limits.ASSIGN) {
      throw tooLarge("The values of the Assign exceed 256 KiB.");
    }
    long growth = 0;
    for (Map.Entry<String, JsonNode> member : values.properties()) {
      growth += Limits.bytes(member.getValue()) - sizes.getOrDefault(member.getKey(), 0);
    }
    if (totalBytes.get() + growth > Limits.VARIABLES) {
      throw tooLarge("The variables of the execution exceed 10 MiB.");
    }
    totalBytes.addAndGet(growth);
    for (Map.Entry<String, JsonNode> member : values.properties()) {
      variables.put(member.getKey(), member.getValue());
      sizes.put(member.getKey(), Limits.bytes(member.getValue()));
    }
  }

  private static StateFailure tooLarge(String cause) {
    return new StateFailure(StateFailure.DATA_LIMIT_EXCEEDED, cause);
  }

  /** Gives the variables' share of the execution's limit back. */
  void end() {
    totalBytes.addAndGet(-sizes.values().stream().mapToLong(Integer::longValue).sum());
    variables.clear();
    sizes.clear();
  }

  /** The variables of this level, for the journal. */
  ObjectNode toJson() {
    ObjectNode json = JsonValues.MAPPER.createObjectNode();
    variables.forEach(json::set);
    return json;
  }
}
