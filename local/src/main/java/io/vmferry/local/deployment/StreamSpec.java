package io.vmferry.local.deployment;

import java.util.List;
import java.util.function.Predicate;

/**
 * An event source mapping: a function is told of the changes of a table.
 *
 * @param functionArn the function, with a version or alias if it is called so
 * @param table the table's name
 * @param sortKeys the items it is about, by their sort key {@code sk}: names, or prefixes if they
 *     end with a star; none for all
 */
public record StreamSpec(String functionArn, String table, List<String> sortKeys) {

  /** Copies the list. */
  public StreamSpec {
    sortKeys = List.copyOf(sortKeys);
  }

  /** Whether it is about an item with this sort key. */
  public Predicate<String> filter() {
    return key ->
        sortKeys.isEmpty()
            || sortKeys.stream()
                .anyMatch(
                    wanted ->
                        wanted.endsWith("*")
                            ? key.startsWith(wanted.substring(0, wanted.length() - 1))
                            : key.equals(wanted));
  }
}
