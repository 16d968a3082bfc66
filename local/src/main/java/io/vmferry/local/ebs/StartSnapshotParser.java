package io.vmferry.local.ebs;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the body of StartSnapshot and checks each member by itself. */
final class StartSnapshotParser {
  private static final ObjectMapper JSON =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();
  private static final int MAX_BODY_BYTES = 256 * 1024;
  private static final long MAX_VOLUME_GIB = 65_536;
  private static final int MAX_TAGS = 50;
  private static final int MAX_TAG_KEY = 127;
  private static final int MAX_TAG_VALUE = 255;
  private static final int MAX_DESCRIPTION = 255;
  private static final int MIN_TIMEOUT_MINUTES = 10;
  private static final int MAX_TIMEOUT_MINUTES = 4320;
  private static final int DEFAULT_TIMEOUT_MINUTES = 60;
  private static final Set<String> MEMBERS =
      Set.of(
          "VolumeSize",
          "ParentSnapshotId",
          "Tags",
          "Description",
          "ClientToken",
          "Encrypted",
          "KmsKeyArn",
          "Timeout");
  private static final Pattern CLIENT_TOKEN = Pattern.compile("[\\x21-\\x7e]{1,64}");
  private static final Pattern KMS_KEY =
      Pattern.compile("arn:aws[a-z\\-]*:kms:.*:[0-9]{12}:key/.*");

  private StartSnapshotParser() {}

  static StartSnapshotCall parse(InputStream body) throws IOException {
    byte[] bytes = body.readNBytes(MAX_BODY_BYTES + 1);
    if (bytes.length > MAX_BODY_BYTES) {
      throw EbsException.invalidParameter("The body is longer than " + MAX_BODY_BYTES + " bytes");
    }
    JsonNode root;
    try {
      root = JSON.readTree(bytes);
    } catch (JsonProcessingException e) {
      throw EbsException.invalidParameter("The body is not JSON");
    }
    if (root == null || !root.isObject()) {
      throw EbsException.invalidParameter("The body is not a JSON object");
    }
    refuseUnknown(root, MEMBERS);
    return new StartSnapshotCall(
        volumeSize(root),
        string(root, "ParentSnapshotId").map(EbsRequest::checkId).orElse(null),
        tags(root),
        description(root),
        clientToken(root),
        encrypted(root),
        kmsKey(root),
        timeout(root));
  }

  private static void refuseUnknown(JsonNode object, Set<String> known) {
    object
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!known.contains(name)) {
                throw EbsException.invalidParameter("Unknown member '" + name + "'");
              }
            });
  }

  private static long volumeSize(JsonNode root) {
    long size = integer(root, "VolumeSize").orElseThrow(() -> EbsRequest.missing("VolumeSize"));
    if (size < 1 || size > MAX_VOLUME_GIB) {
      throw EbsException.validation(
          "INVALID_VOLUME_SIZE", "VolumeSize is " + size + " GiB, not 1 to " + MAX_VOLUME_GIB);
    }
    return size;
  }

  private static String description(JsonNode root) {
    String description = string(root, "Description").orElse("");
    if (description.length() > MAX_DESCRIPTION) {
      throw EbsException.invalidParameter(
          "Description is longer than " + MAX_DESCRIPTION + " characters");
    }
    return description;
  }

  private static @Nullable String clientToken(JsonNode root) {
    String token = string(root, "ClientToken").orElse(null);
    if (token != null && !CLIENT_TOKEN.matcher(token).matches()) {
      throw EbsException.invalidParameter(
          "ClientToken is not 1 to 64 ASCII characters without spaces");
    }
    return token;
  }

  private static @Nullable Boolean encrypted(JsonNode root) {
    JsonNode node = root.get("Encrypted");
    if (node == null || node.isNull()) {
      return null;
    }
    if (!node.isBoolean()) {
      throw EbsException.invalidParameter("Encrypted is not a boolean");
    }
    return node.booleanValue();
  }

  private static @Nullable String kmsKey(JsonNode root) {
    String key = string(root, "KmsKeyArn").orElse(null);
    if (key != null && (key.length() > 2048 || !KMS_KEY.matcher(key).matches())) {
      throw EbsException.validation("INVALID_CUSTOMER_KEY", "KmsKeyArn is not a key's ARN");
    }
    return key;
  }

  private static int timeout(JsonNode root) {
    long timeout = integer(root, "Timeout").orElse((long) DEFAULT_TIMEOUT_MINUTES);
    if (timeout < MIN_TIMEOUT_MINUTES || timeout > MAX_TIMEOUT_MINUTES) {
      throw EbsException.invalidParameter(
          "Timeout is %d minutes, not %d to %d"
              .formatted(timeout, MIN_TIMEOUT_MINUTES, MAX_TIMEOUT_MINUTES));
    }
    return (int) timeout;
  }

  private static Map<String, String> tags(JsonNode root) {
    JsonNode list = root.get("Tags");
    Map<String, String> tags = new LinkedHashMap<>();
    if (list == null || list.isNull()) {
      return tags;
    }
    if (!list.isArray() || list.size() > MAX_TAGS) {
      throw invalidTag("Tags is not a list of at most " + MAX_TAGS);
    }
    for (JsonNode tag : list) {
      if (!tag.isObject()) {
        throw invalidTag("A tag is not an object");
      }
      refuseUnknown(tag, Set.of("Key", "Value"));
      String key = string(tag, "Key").orElse("");
      String value = string(tag, "Value").orElse("");
      if (key.isEmpty() || key.length() > MAX_TAG_KEY || key.startsWith("aws:")) {
        throw invalidTag("Tag key '" + key + "' is empty, too long or reserved");
      }
      if (value.length() > MAX_TAG_VALUE) {
        throw invalidTag("The value of tag '" + key + "' is too long");
      }
      if (tags.put(key, value) != null) {
        throw invalidTag("Tag '" + key + "' is given twice");
      }
    }
    return tags;
  }

  private static EbsException invalidTag(String message) {
    return EbsException.validation("INVALID_TAG", message);
  }

  private static Optional<String> string(JsonNode object, String name) {
    JsonNode node = object.get(name);
    if (node == null || node.isNull()) {
      return Optional.empty();
    }
    if (!node.isTextual()) {
      throw EbsException.invalidParameter(name + " is not a string");
    }
    return Optional.of(node.textValue());
  }

  private static Optional<Long> integer(JsonNode object, String name) {
    JsonNode node = object.get(name);
    if (node == null || node.isNull()) {
      return Optional.empty();
    }
    if (!node.isIntegralNumber() || !node.canConvertToLong()) {
      throw EbsException.invalidParameter(name + " is not an integer");
    }
    return Optional.of(node.longValue());
  }
}
