package io.vmferry.local.iam;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The condition keys of tags. */
final class Tagged {
  private Tagged() {}

  /** Of tags that a resource has. */
  static Map<String, List<String>> context(Map<String, String> tags) {
    Map<String, List<String>> context = new HashMap<>();
    tags.forEach(
        (key, value) -> {
          context.put("aws:ResourceTag/" + key, List.of(value));
          context.put("ec2:ResourceTag/" + key, List.of(value));
        });
    return context;
  }

  /** Of tags that a request gives or takes. */
  static Map<String, List<String>> requested(Map<String, String> tags) {
    Map<String, List<String>> context = new HashMap<>();
    tags.forEach((key, value) -> context.put("aws:RequestTag/" + key, List.of(value)));
    if (!tags.isEmpty()) {
      context.put("aws:TagKeys", tags.keySet().stream().sorted().toList());
    }
    return context;
  }
}
