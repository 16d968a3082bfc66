package io.vmferry.local.iam;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * One thing that somebody asks for; a request of AWS asks for one or more.
 *
 * @param action as policies name it: {@code s3:GetObject}
 * @param resource the ARN, or {@code *} if the action knows none
 * @param context the condition keys' values; a key that is absent has no value
 */
public record Access(String action, String resource, Map<String, List<String>> context) {

  /** Makes the condition keys' names independent of their case, as IAM does. */
  public Access {
    TreeMap<String, List<String>> normal = new TreeMap<>();
    context.forEach((key, values) -> normal.put(normal(key), List.copyOf(values)));
    context = Map.copyOf(normal);
  }

  /** Something without a context. */
  public static Access to(String action, String resource) {
    return new Access(action, resource, Map.of());
  }

  /** The name of a condition key in one case; that of a tag behind it is kept. */
  static String normal(String key) {
    int slash = key.indexOf('/');
    return slash < 0
        ? key.toLowerCase(Locale.ROOT)
        : key.substring(0, slash).toLowerCase(Locale.ROOT) + key.substring(slash);
  }
}
