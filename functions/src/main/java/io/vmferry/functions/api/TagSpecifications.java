package io.vmferry.functions.api;

import java.util.LinkedHashMap;
import java.util.Map;

/** The tags that a request gives the task it starts. */
final class TagSpecifications {
  private static final int MOST = 50;
  private static final int LONGEST_KEY = 128;
  private static final int LONGEST_VALUE = 256;

  private TagSpecifications() {}

  /**
   * Reads {@code TagSpecification.N}.
   *
   * @param type the one resource type that can be tagged
   */
  static Map<String, String> read(QueryRequest request, String type) {
    Map<String, String> tags = new LinkedHashMap<>();
    for (QueryRequest specification : request.members("TagSpecification")) {
      String given = specification.require("ResourceType");
      if (!given.equals(type)) {
        throw new ApiException(
            "InvalidParameterValue",
            "'%s' is not a valid taggable resource type for this operation. Expected: %s"
                .formatted(ApiException.shown(given), type));
      }
      if (specification.members("Tag").isEmpty()) {
        throw new ApiException(
            "InvalidParameterValue", "Tag specification must have at least one tag");
      }
      specification.members("Tag").forEach(tag -> add(tags, tag));
    }
    if (tags.size() > MOST) {
      throw new ApiException(
          "TagLimitExceeded", "%d tags are given, at most %d may be".formatted(tags.size(), MOST));
    }
    return tags;
  }

  private static void add(Map<String, String> tags, QueryRequest tag) {
    String key = tag.require("Key");
    String value = tag.get("Value").orElse("");
    if (key.startsWith("aws:")) {
      throw new ApiException(
          "InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use");
    }
    if (key.length() > LONGEST_KEY) {
      throw ApiException.invalidValue(
          tag.name("Key"), key, "at most %d characters".formatted(LONGEST_KEY));
    }
    if (value.length() > LONGEST_VALUE) {
      throw ApiException.invalidValue(
          tag.name("Value"), value, "at most %d characters".formatted(LONGEST_VALUE));
    }
    if (tags.put(key, value) != null) {
      throw new ApiException(
          "InvalidParameterValue",
          "Duplicate tag key '%s' specified.".formatted(ApiException.shown(key)));
    }
  }
}
