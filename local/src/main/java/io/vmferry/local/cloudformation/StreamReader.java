package io.vmferry.local.cloudformation;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.vmferry.local.deployment.StreamSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads event source mappings: those of tables' streams, filtered by the sort key. */
final class StreamReader {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Pattern STREAM =
      Pattern.compile("arn:aws:dynamodb:[^:]*:[^:]*:table/(?<table>[^/]+)/stream/.+");

  private StreamReader() {}

  static StreamSpec stream(Properties properties) {
    String source = properties.requiredText("EventSourceArn");
    Matcher stream = STREAM.matcher(source);
    if (!stream.matches()) {
      throw properties.refuse(source + " is no table's stream");
    }
    properties.oneOf("StartingPosition", "TRIM_HORIZON");
    Properties criteria = properties.object("FilterCriteria");
    List<String> sortKeys = new ArrayList<>();
    for (Properties filter : criteria.objects("Filters")) {
      sortKeys.addAll(sortKeys(filter, filter.requiredText("Pattern")));
      filter.end();
    }
    criteria.end();
    List<String> responses = properties.texts("FunctionResponseTypes");
    if (!responses.equals(List.of("ReportBatchItemFailures"))) {
      throw properties.refuse("FunctionResponseTypes ReportBatchItemFailures is expected");
    }
    // Batches have 100 records at most, and come again until they succeed.
    properties.withoutEffect(
        "BatchSize",
        "BisectBatchOnFunctionError",
        "DestinationConfig",
        "Enabled",
        "MaximumBatchingWindowInSeconds",
        "MaximumRecordAgeInSeconds",
        "MaximumRetryAttempts",
        "ParallelizationFactor",
        "Tags");
    StreamSpec spec =
        new StreamSpec(properties.requiredText("FunctionName"), stream.group("table"), sortKeys);
    properties.end();
    return spec;
  }

  /** Of {@code {"dynamodb":{"Keys":{"sk":{"S":["task",{"prefix":"effect#"}]}}}}}. */
  private static List<String> sortKeys(Properties filter, String pattern) {
    JsonNode root;
    try {
      root = JSON.readTree(pattern);
    } catch (JsonProcessingException e) {
      throw new TemplateException(filter.where(), "the pattern is no JSON: " + pattern, e);
    }
    JsonNode keys = root.path("dynamodb").path("Keys").path("sk").path("S");
    boolean only =
        root.size() == 1
            && root.path("dynamodb").size() == 1
            && root.path("dynamodb").path("Keys").size() == 1
            && root.path("dynamodb").path("Keys").path("sk").size() == 1;
    List<String> sortKeys = new ArrayList<>();
    for (JsonNode key : keys) {
      if (key.isTextual()) {
        sortKeys.add(key.asText());
      } else if (key.size() == 1 && key.path("prefix").isTextual()) {
        sortKeys.add(key.path("prefix").asText() + "*");
      } else {
        only = false;
      }
    }
    if (!only || sortKeys.isEmpty()) {
      throw filter.refuse("the pattern is not supported here: " + pattern);
    }
    return sortKeys;
  }
}
