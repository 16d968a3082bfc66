package io.vmferry.functions.aws;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.port.TaskChanges;
import io.vmferry.functions.task.Task;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.SdkBytes;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;

/**
 * The records of the table's stream in the form in which Lambda's event source mapping passes them
 * to a function. Tasks that go when their time is over are no change of theirs.
 */
public final class DynamoDbTaskChanges implements TaskChanges {
  private static final String REMOVED = "REMOVE";

  /** Understands records. */
  public DynamoDbTaskChanges() {}

  @Override
  public List<Change> read(String batch) {
    JsonNode records;
    try {
      records = Json.mapper().readTree(batch).path("Records");
    } catch (IOException e) {
      throw invalid("it is no JSON", e);
    }
    if (!records.isArray()) {
      throw invalid("it has no list of Records", null);
    }
    List<Change> changes = new ArrayList<>();
    for (JsonNode node : records) {
      read(node).ifPresent(changes::add);
    }
    return changes;
  }

  private static VmferryException invalid(String why, @Nullable Exception cause) {
    return new VmferryException(
        ErrorCode.PARAMETER_INVALID, "the batch of changes cannot be read: " + why, cause);
  }

  private static Optional<Change> read(JsonNode node) {
    JsonNode change = node.path("dynamodb");
    String sequence = change.path("SequenceNumber").asText();
    Instant at = Instant.ofEpochSecond(change.path("ApproximateCreationDateTime").asLong());
    try {
      Map<String, AttributeValue> keys = item(change.path("Keys"));
      String sort = TaskItem.attribute(keys, TaskTable.SK).s();
      boolean removed = node.path("eventName").asText().equals(REMOVED);
      if (sort.equals(TaskItem.SORT) && !removed) {
        Optional<Task> before =
            change.has("OldImage")
                ? Optional.of(TaskItem.task(item(change.path("OldImage"))))
                : Optional.empty();
        Task after = TaskItem.task(item(change.path("NewImage")));
        return Optional.of(new TaskChange(sequence, at, before, after));
      }
      boolean rewritten = change.has("OldImage") && change.has("NewImage");
      if (sort.startsWith(DynamoDbEffectStore.PREFIX) && !rewritten && !isExpiry(node)) {
        return Optional.of(
            new EffectChange(
                sequence,
                at,
                TaskItem.attribute(keys, TaskTable.PK).s(),
                DynamoDbEffectStore.effect(item(change.path(removed ? "OldImage" : "NewImage"))),
                !removed));
      }
      return Optional.empty();
    } catch (VmferryException | IllegalArgumentException e) {
      return Optional.of(new Unreadable(sequence, at, String.valueOf(e.getMessage())));
    }
  }

  /** Whether DynamoDB itself removed the item as its time was over. */
  private static boolean isExpiry(JsonNode node) {
    return node.path("userIdentity").path("principalId").asText().equals("dynamodb.amazonaws.com");
  }

  private static Map<String, AttributeValue> item(JsonNode image) {
    Map<String, AttributeValue> item = new HashMap<>();
    image.properties().forEach(member -> item.put(member.getKey(), value(member.getValue())));
    return item;
  }

  private static AttributeValue value(JsonNode typed) {
    if (typed.size() != 1) {
      throw new IllegalArgumentException("an attribute has one type, not " + typed.size());
    }
    Map.Entry<String, JsonNode> only = typed.properties().iterator().next();
    JsonNode value = only.getValue();
    return switch (only.getKey()) {
      case "S" -> AttributeValue.fromS(value.asText());
      case "N" -> AttributeValue.fromN(value.asText());
      case "B" ->
          AttributeValue.fromB(
              SdkBytes.fromByteArrayUnsafe(Base64.getDecoder().decode(value.asText())));
      case "BOOL" -> AttributeValue.fromBool(value.asBoolean());
      case "NULL" -> AttributeValue.fromNul(true);
      case "L" -> AttributeValue.fromL(elements(value).map(DynamoDbTaskChanges::value).toList());
      case "M" -> AttributeValue.fromM(item(value));
      case "SS" -> AttributeValue.fromSs(elements(value).map(JsonNode::asText).toList());
      case "NS" -> AttributeValue.fromNs(elements(value).map(JsonNode::asText).toList());
      default ->
          throw new IllegalArgumentException("an attribute of the unknown type " + only.getKey());
    };
  }

  private static Stream<JsonNode> elements(JsonNode list) {
    List<JsonNode> elements = new ArrayList<>();
    list.forEach(elements::add);
    return elements.stream();
  }
}
