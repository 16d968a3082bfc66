package io.vmferry.local.ec2;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;

/** The {@code Filter.N} of a Describe action: each must match, by any of its values. */
final class Filters {
  static final Set<String> PARAMETERS = Set.of("Filter.N.Name", "Filter.N.Value.N");
  private static final int MAX_VALUES = 200;

  /** A filter: its name and what its values match. */
  private record Filter(String name, List<Pattern> values) {
    boolean matches(Collection<String> actual) {
      return actual.stream().anyMatch(a -> values.stream().anyMatch(v -> v.matcher(a).matches()));
    }
  }

  private final List<Filter> filters;

  private Filters(List<Filter> filters) {
    this.filters = filters;
  }

  static Filters of(Ec2Request request) {
    List<Filter> filters = new ArrayList<>();
    for (Ec2Request member : request.members("Filter")) {
      List<String> values = member.strings("Value");
      if (values.isEmpty() || values.size() > MAX_VALUES) {
        throw new Ec2Exception(
            "InvalidParameterValue",
            "The filter '" + member.require("Name") + "' needs 1 to " + MAX_VALUES + " values");
      }
      filters.add(
          new Filter(member.require("Name"), values.stream().map(Filters::pattern).toList()));
    }
    return new Filters(filters);
  }

  /** {@code *} is any characters, {@code ?} is one; a backslash makes the next one plain. */
  private static Pattern pattern(String value) {
    StringBuilder regex = new StringBuilder();
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (c == '\\' && i + 1 < value.length()) {
        regex.append(Pattern.quote(String.valueOf(value.charAt(++i))));
      } else if (c == '*') {
        regex.append(".*");
      } else if (c == '?') {
        regex.append('.');
      } else {
        regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    return Pattern.compile(regex.toString(), Pattern.DOTALL);
  }

  /**
   * Whether something matches all filters.
   *
   * @param attributes the values of each attribute that can be filtered by
   * @param tags its tags
   */
  <T> boolean match(
      T item, Map<String, Function<T, Collection<String>>> attributes, Map<String, String> tags) {
    for (Filter filter : filters) {
      Collection<String> actual;
      if (filter.name().startsWith("tag:")) {
        String value = tags.get(filter.name().substring("tag:".length()));
        actual = value == null ? List.of() : List.of(value);
      } else if (filter.name().equals("tag-key")) {
        actual = tags.keySet();
      } else {
        Function<T, Collection<String>> attribute = attributes.get(filter.name());
        if (attribute == null) {
          throw new Ec2Exception(
              "InvalidParameterValue", "The filter '" + filter.name() + "' is invalid");
        }
        actual = attribute.apply(item);
      }
      if (!filter.matches(actual)) {
        return false;
      }
    }
    return true;
  }

  /** Refuses filters by unknown names even where there is nothing to filter. */
  void refuseUnknown(Collection<String> attributes) {
    for (Filter filter : filters) {
      if (!filter.name().startsWith("tag:")
          && !filter.name().equals("tag-key")
          && !attributes.contains(filter.name())) {
        throw new Ec2Exception(
            "InvalidParameterValue", "The filter '" + filter.name() + "' is invalid");
      }
    }
  }
}
