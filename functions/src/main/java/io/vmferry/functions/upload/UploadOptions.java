package io.vmferry.functions.upload;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.task.Compute;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.TaskKind;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * How an uploaded image is imported, as its uploader says: in {@code <key>.import.json} beside it,
 * or in the object's metadata, where {@code bootMode} is {@code x-amz-meta-vmferry-boot-mode} and
 * tags are written as in a query ({@code Name=web&env=test}). The schema is {@code
 * docs/schemas/import-options.schema.json}.
 */
final class UploadOptions {
  /** What metadata begins with that is meant for vmferry. */
  static final String METADATA = "vmferry-";

  private static final String TAGS = "tags";

  private final Map<String, String> texts = new LinkedHashMap<>();
  private final Map<String, Boolean> flags = new LinkedHashMap<>();
  private Map<String, String> tags = Map.of();

  /** What a member's value is. */
  private enum Type {
    TEXT,
    FLAG,
    TAGS
  }

  private static final Map<String, Type> KNOWN = known();

  private static Map<String, Type> known() {
    Map<String, Type> known = new LinkedHashMap<>();
    for (String text :
        List.of(
            "kind",
            "format",
            "name",
            "description",
            "architecture",
            "bootMode",
            "kmsKeyId",
            "compute",
            "agent",
            "agentUrl")) {
      known.put(text, Type.TEXT);
    }
    for (String flag :
        List.of("encrypted", "modifyOs", "dryRun", "rebuildInitramfs", "resetIdentity")) {
      known.put(flag, Type.FLAG);
    }
    known.put(TAGS, Type.TAGS);
    return known;
  }

  private UploadOptions() {}

  /** No options: an image whose guest is changed so that it boots on EC2. */
  static UploadOptions none() {
    return new UploadOptions();
  }

  /** Every name that options may have in a file. */
  static List<String> names() {
    return List.copyOf(KNOWN.keySet());
  }

  /**
   * The options in a file.
   *
   * @param name the file's name, for messages
   * @throws VmferryException {@link ErrorCode#UPLOAD_OPTIONS_INVALID}
   */
  static UploadOptions ofFile(String name, byte[] content) {
    JsonNode json;
    try {
      json =
          Json.mapper()
              .reader()
              .with(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
              .with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
              .readTree(new String(content, StandardCharsets.UTF_8));
    } catch (JsonProcessingException e) {
      throw new VmferryException(
          ErrorCode.UPLOAD_OPTIONS_INVALID,
          "%s is no JSON: %s (line %d)"
              .formatted(
                  name,
                  e.getOriginalMessage(),
                  e.getLocation() == null ? 1 : e.getLocation().getLineNr()),
          e);
    }
    if (!json.isObject()) {
      throw invalid(name, "is no JSON object, but " + kindOf(json));
    }
    UploadOptions options = new UploadOptions();
    json.properties().forEach(member -> options.put(name, member.getKey(), member.getValue()));
    return options;
  }

  private void put(String where, String option, JsonNode value) {
    Type type = KNOWN.get(option);
    switch (type) {
      case null -> throw unknown(where, option, names());
      case TEXT -> {
        if (!value.isTextual()) {
          throw invalid(where, "has %s as '%s', expected a text".formatted(kindOf(value), option));
        }
        texts.put(option, value.textValue());
      }
      case FLAG -> {
        if (!value.isBoolean()) {
          throw invalid(
              where, "has %s as '%s', expected true or false".formatted(kindOf(value), option));
        }
        flags.put(option, value.booleanValue());
      }
      case TAGS -> tags = tagsOf(where, value);
    }
  }

  private static Map<String, String> tagsOf(String where, JsonNode value) {
    if (!value.isObject()) {
      throw invalid(
          where, "has %s as '%s', expected an object of texts".formatted(kindOf(value), TAGS));
    }
    Map<String, String> tags = new HashMap<>();
    value
        .properties()
        .forEach(
            tag -> {
              if (!tag.getValue().isTextual()) {
                throw invalid(
                    where,
                    "has %s as the tag '%s', expected a text"
                        .formatted(kindOf(tag.getValue()), tag.getKey()));
              }
              tags.put(tag.getKey(), tag.getValue().textValue());
            });
    return tags;
  }

  private static String kindOf(JsonNode value) {
    return switch (value.getNodeType()) {
      case ARRAY -> "a list";
      case OBJECT, POJO -> "an object";
      case BOOLEAN -> "true or false";
      case NUMBER -> "a number";
      case STRING, BINARY -> "a text";
      case NULL, MISSING -> "nothing";
    };
  }

  /** Whether metadata holds options. */
  static boolean areIn(Map<String, String> metadata) {
    return metadata.keySet().stream().anyMatch(key -> key.startsWith(METADATA));
  }

  /**
   * The options in an object's metadata.
   *
   * @param name the object's name, for messages
   * @throws VmferryException {@link ErrorCode#UPLOAD_OPTIONS_INVALID}
   */
  static UploadOptions ofMetadata(String name, Map<String, String> metadata) {
    Map<String, String> byHeader = new LinkedHashMap<>();
    KNOWN.keySet().forEach(option -> byHeader.put(header(option), option));
    String where = "the metadata of " + name;
    UploadOptions options = new UploadOptions();
    metadata.forEach(
        (key, value) -> {
          if (!key.startsWith(METADATA)) {
            return;
          }
          String option = byHeader.get(key);
          if (option == null) {
            throw unknown(where, key, List.copyOf(byHeader.keySet()));
          }
          options.put(where, option, key, value);
        });
    return options;
  }

  private void put(String where, String option, String key, String value) {
    switch (KNOWN.getOrDefault(option, Type.TEXT)) {
      case TEXT -> texts.put(option, value);
      case FLAG -> {
        if (!value.equals("true") && !value.equals("false")) {
          throw invalid(where, "has '%s' as '%s', expected true or false".formatted(value, key));
        }
        flags.put(option, value.equals("true"));
      }
      case TAGS -> tags = tagsOf(where, key, value);
    }
  }

  private static Map<String, String> tagsOf(String where, String key, String value) {
    Map<String, String> tags = new HashMap<>();
    for (String pair : value.split("&", -1)) {
      int equals = pair.indexOf('=');
      if (equals <= 0) {
        throw invalid(
            where, "has '%s' in '%s', expected key=value pairs joined by &".formatted(pair, key));
      }
      try {
        tags.put(
            URLDecoder.decode(pair.substring(0, equals), StandardCharsets.UTF_8),
            URLDecoder.decode(pair.substring(equals + 1), StandardCharsets.UTF_8));
      } catch (IllegalArgumentException e) {
        throw new VmferryException(
            ErrorCode.UPLOAD_OPTIONS_INVALID,
            "%s has '%s' in '%s', which is not percent-encoded as it should be"
                .formatted(where, pair, key),
            e);
      }
    }
    return tags;
  }

  /** The name an option has in metadata: {@code vmferry-boot-mode}. */
  static String header(String option) {
    return METADATA + option.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }

  private static VmferryException unknown(String where, String option, List<String> known) {
    return invalid(
        where,
        "has the unknown option '%s'; known are %s".formatted(option, String.join(", ", known)));
  }

  private static VmferryException invalid(String where, String what) {
    return new VmferryException(ErrorCode.UPLOAD_OPTIONS_INVALID, where + " " + what);
  }

  /**
   * The request that the options make of an image.
   *
   * @param url where it is
   * @param suggestedFormat the format its name suggests, where the options declare none
   * @param clientToken the request's token
   */
  ImportRequest request(String url, Optional<String> suggestedFormat, String clientToken) {
    TaskKind kind = kind();
    return new ImportRequest(
            kind,
            List.of(
                new DiskContainer(
                    url,
                    text("format").or(() -> suggestedFormat),
                    Optional.empty(),
                    Optional.empty())),
            text("name"),
            text("description"),
            text("architecture"),
            text("bootMode"),
            Optional.ofNullable(flags.get("encrypted")),
            text("kmsKeyId"),
            Optional.of(clientToken),
            tags,
            kind == TaskKind.IMPORT_SNAPSHOT ? GuestOptions.AS_IT_IS : guest())
        .withCompute(compute());
  }

  private Optional<Compute> compute() {
    Optional<String> name = text("compute");
    Optional<Compute> compute = name.flatMap(Compute::of);
    if (name.isPresent() && compute.isEmpty()) {
      throw new VmferryException(
          ErrorCode.UPLOAD_OPTIONS_INVALID,
          "disks are not converted by '%s'; known are lambda, fargate".formatted(name.get()));
    }
    return compute;
  }

  private TaskKind kind() {
    String kind = text("kind").orElse("image");
    return switch (kind) {
      case "image" -> TaskKind.IMPORT_IMAGE;
      case "snapshot" -> TaskKind.IMPORT_SNAPSHOT;
      default ->
          throw new VmferryException(
              ErrorCode.UPLOAD_OPTIONS_INVALID,
              "there is no kind '%s'; known are image, snapshot".formatted(kind));
    };
  }

  private GuestOptions guest() {
    return new GuestOptions(
        flags.getOrDefault("modifyOs", true),
        flags.getOrDefault("dryRun", false),
        flags.getOrDefault("rebuildInitramfs", false),
        flags.getOrDefault("resetIdentity", false),
        text("agent"),
        text("agentUrl"));
  }

  private Optional<String> text(String option) {
    return Optional.ofNullable(texts.get(option));
  }
}
