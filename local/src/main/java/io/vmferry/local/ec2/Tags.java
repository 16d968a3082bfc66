package io.vmferry.local.ec2;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Tags in requests and answers. */
final class Tags {
  static final int MAX_TAGS = 50;
  private static final int MAX_KEY = 127;
  private static final int MAX_VALUE = 255;

  private Tags() {}

  /** Reads {@code Tag.N} of a request. */
  static Map<String, String> of(Ec2Request request) {
    Map<String, String> tags = new LinkedHashMap<>();
    for (Ec2Request member : request.members("Tag")) {
      String key = member.require("Key");
      String value = member.get("Value").orElse("");
      if (key.startsWith("aws:")) {
        throw new Ec2Exception(
            "InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use");
      }
      if (key.length() > MAX_KEY || value.length() > MAX_VALUE) {
        throw new Ec2Exception(
            "InvalidParameterValue",
            "Tag '%s' is longer than %d characters of key or %d of value"
                .formatted(key, MAX_KEY, MAX_VALUE));
      }
      if (tags.put(key, value) != null) {
        throw new Ec2Exception(
            "InvalidParameterValue", "Duplicate tag key '" + key + "' specified.");
      }
    }
    return tags;
  }

  /** Reads the tags for the resource that an action makes; other types are refused. */
  static Map<String, String> ofSpecification(Ec2Request request, String type) {
    Map<String, String> tags = new LinkedHashMap<>();
    for (Ec2Request specification : request.members("TagSpecification")) {
      String given = specification.require("ResourceType");
      if (!given.equals(type)) {
        throw new Ec2Exception(
            "InvalidParameterValue",
            "'" + given + "' is not a valid taggable resource type for this operation.");
      }
      tags.putAll(of(specification));
    }
    checkCount(tags);
    return tags;
  }

  static void checkCount(Map<String, String> tags) {
    if (tags.size() > MAX_TAGS) {
      throw new Ec2Exception(
          "TagLimitExceeded", "The maximum number of tags is " + MAX_TAGS + " per resource");
    }
  }

  /** Adds tags, or puts them in place of those of the same keys. */
  static Map<String, String> add(Map<String, String> old, Map<String, String> added) {
    Map<String, String> next = new LinkedHashMap<>(old);
    next.putAll(added);
    checkCount(next);
    return next;
  }

  /** Removes a tag; if a value is given, only if it has that. */
  static Map<String, String> remove(
      Map<String, String> old, Map<String, Optional<String>> removed) {
    Map<String, String> next = new LinkedHashMap<>(old);
    removed.forEach(
        (key, value) -> {
          if (value.isEmpty() || value.get().equals(next.get(key))) {
            next.remove(key);
          }
        });
    return next;
  }

  static void write(XmlWriter xml, Map<String, String> tags) {
    if (tags.isEmpty()) {
      return;
    }
    xml.open("tagSet");
    tags.forEach(
        (key, value) -> xml.open("item").element("key", key).element("value", value).close("item"));
    xml.close("tagSet");
  }
}
