package io.vmferry.functions.api;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A request's parameters, or those of one structure or list member in it: {@code DiskContainer.2}
 * is a request with {@code Format}, {@code UserBucket.S3Bucket}, … Names and the types of values
 * have been checked, see {@link ApiAction#check}.
 */
final class QueryRequest {
  private final String prefix;
  private final Map<String, String> parameters;

  private QueryRequest(String prefix, Map<String, String> parameters) {
    this.prefix = prefix;
    this.parameters = parameters;
  }

  /** The parameters as they were sent, without Action and Version. */
  static QueryRequest of(Map<String, String> parameters) {
    return new QueryRequest("", parameters);
  }

  /** The whole name of a parameter, for messages. */
  String name(String name) {
    return prefix + name;
  }

  /** Whether nothing is given. */
  boolean isEmpty() {
    return parameters.isEmpty();
  }

  /** A value; an empty one counts as none. */
  Optional<String> get(String name) {
    return Optional.ofNullable(parameters.get(name)).filter(value -> !value.isEmpty());
  }

  /** A value that has to be there. */
  String require(String name) {
    return get(name).orElseThrow(() -> ApiException.missing(prefix + name));
  }

  boolean isTrue(String name) {
    return bool(name).orElse(false);
  }

  Optional<Boolean> bool(String name) {
    return get(name).map(value -> value.equalsIgnoreCase("true"));
  }

  Optional<Integer> integer(String name) {
    return get(name).map(Integer::valueOf);
  }

  /** The value as it is written in {@code allowed}, which is compared without regard to case. */
  Optional<String> oneOf(String name, List<String> allowed) {
    return get(name)
        .map(
            value ->
                allowed.stream()
                    .filter(value::equalsIgnoreCase)
                    .findFirst()
                    .orElseThrow(
                        () ->
                            ApiException.invalidValue(
                                prefix + name, value, String.join(" | ", allowed))));
  }

  /** The values of a list of strings, in the order of their indexes. */
  List<String> strings(String name) {
    List<String> values = new ArrayList<>();
    for (Map.Entry<Integer, Map<String, String>> entry : byIndex(name).entrySet()) {
      @Nullable String value = entry.getValue().get("");
      if (value != null) {
        values.add(value);
      }
    }
    return values;
  }

  /** The members of a list of structures, in the order of their indexes. */
  List<QueryRequest> members(String name) {
    List<QueryRequest> members = new ArrayList<>();
    byIndex(name)
        .forEach(
            (index, member) ->
                members.add(new QueryRequest(prefix + name + "." + index + ".", member)));
    return members;
  }

  /** A structure; without parameters if none of its is given. */
  QueryRequest member(String name) {
    Map<String, String> inner = new LinkedHashMap<>();
    String start = name + ".";
    parameters.forEach(
        (key, value) -> {
          if (key.startsWith(start)) {
            inner.put(key.substring(start.length()), value);
          }
        });
    return new QueryRequest(prefix + start, inner);
  }

  private Map<Integer, Map<String, String>> byIndex(String name) {
    Map<Integer, Map<String, String>> members = new TreeMap<>();
    String start = name + ".";
    parameters.forEach(
        (key, value) -> {
          if (key.startsWith(start)) {
            String rest = key.substring(start.length());
            int dot = rest.indexOf('.');
            int index = Integer.parseInt(dot < 0 ? rest : rest.substring(0, dot));
            members
                .computeIfAbsent(index, ignored -> new LinkedHashMap<>())
                .put(dot < 0 ? "" : rest.substring(dot + 1), value);
          }
        });
    return members;
  }
}
