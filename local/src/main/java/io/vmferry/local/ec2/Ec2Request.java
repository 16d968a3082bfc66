package io.vmferry.local.ec2;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A request of the Query protocol, or one member of a list in it: {@code Filter.2} is a request
 * with the parameters {@code Name}, {@code Value.1}, …
 */
final class Ec2Request {
  private static final int MAX_LIST_INDEX = 10_000;

  private final String prefix;
  private final Map<String, String> parameters;

  private Ec2Request(String prefix, Map<String, String> parameters) {
    this.prefix = prefix;
    this.parameters = parameters;
  }

  /** A request with the parameters as they were sent, without Action and Version. */
  static Ec2Request of(Map<String, String> parameters) {
    return new Ec2Request("", parameters);
  }

  /**
   * Refuses parameters that are not supported.
   *
   * @param supported the supported parameters, with N for list indexes: {@code Filter.N.Value.N}
   */
  void refuseOthers(String action, Set<String> supported) {
    for (String name : parameters.keySet()) {
      if (supported.contains(name.replaceAll("\\.[1-9][0-9]*(?=\\.|$)", ".N"))) {
        continue;
      }
      if (Ec2Model.hasParameter(action, name)) {
        throw new Ec2Exception(
            "UnsupportedOperation", "The parameter " + name + " is not supported here");
      }
      throw new Ec2Exception("UnknownParameter", "The parameter " + name + " is not recognized");
    }
  }

  Optional<String> get(String name) {
    return Optional.ofNullable(parameters.get(name));
  }

  String require(String name) {
    String value = parameters.get(name);
    if (value == null || value.isEmpty()) {
      throw Ec2Exception.missing(prefix + name);
    }
    return value;
  }

  boolean isTrue(String name) {
    return bool(name).orElse(false);
  }

  Optional<Boolean> bool(String name) {
    return get(name)
        .map(
            value ->
                switch (value) {
                  case "true" -> true;
                  case "false" -> false;
                  default ->
                      throw Ec2Exception.invalidValue(prefix + name, value, "'true' or 'false'");
                });
  }

  Optional<Integer> integer(String name) {
    return get(name)
        .map(
            value -> {
              try {
                return Integer.valueOf(value);
              } catch (NumberFormatException e) {
                throw Ec2Exception.invalidValue(prefix + name, value, "an integer");
              }
            });
  }

  /** The value, if given, which must be one of those allowed. */
  Optional<String> oneOf(String name, String... allowed) {
    Optional<String> value = get(name);
    if (value.isPresent() && !List.of(allowed).contains(value.get())) {
      throw Ec2Exception.invalidValue(prefix + name, value.get(), String.join(" | ", allowed));
    }
    return value;
  }

  /** The values of a list of strings, in the order of their indexes. */
  List<String> strings(String name) {
    List<String> values = new ArrayList<>();
    for (Map.Entry<Integer, Map<String, String>> entry : byIndex(name).entrySet()) {
      String value = entry.getValue().get("");
      if (value != null) {
        values.add(value);
      }
    }
    return values;
  }

  /** The members of a list of structures, in the order of their indexes. */
  List<Ec2Request> members(String name) {
    List<Ec2Request> members = new ArrayList<>();
    byIndex(name)
        .forEach(
            (index, member) ->
                members.add(new Ec2Request(prefix + name + "." + index + ".", member)));
    return members;
  }

  /** A structure; empty if none of its parameters is given. */
  Optional<Ec2Request> member(String name) {
    Map<String, String> inner = new LinkedHashMap<>();
    String start = name + ".";
    parameters.forEach(
        (key, value) -> {
          if (key.startsWith(start)) {
            inner.put(key.substring(start.length()), value);
          }
        });
    return inner.isEmpty() ? Optional.empty() : Optional.of(new Ec2Request(prefix + start, inner));
  }

  private Map<Integer, Map<String, String>> byIndex(String name) {
    Map<Integer, Map<String, String>> members = new TreeMap<>();
    String start = name + ".";
    parameters.forEach(
        (key, value) -> {
          if (key.startsWith(start)) {
            String rest = key.substring(start.length());
            int dot = rest.indexOf('.');
            int index = index(key, dot < 0 ? rest : rest.substring(0, dot));
            members
                .computeIfAbsent(index, ignored -> new LinkedHashMap<>())
                .put(dot < 0 ? "" : rest.substring(dot + 1), value);
          }
        });
    return members;
  }

  private static int index(String key, String digits) {
    if (!digits.matches("[1-9][0-9]{0,5}") || Integer.parseInt(digits) > MAX_LIST_INDEX) {
      throw new Ec2Exception("UnknownParameter", "The parameter " + key + " is not recognized");
    }
    return Integer.parseInt(digits);
  }
}
