package io.vmferry.functions.aws;

import static io.vmferry.functions.aws.TaskTable.number;
import static io.vmferry.functions.aws.TaskTable.text;

import io.vmferry.functions.port.EventStore;
import io.vmferry.functions.task.TaskEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;

/**
 * Events in DynamoDB, each an item beside its task's: see {@link TaskTable}. They are only added,
 * so that workers do not meet, and go by their time to live.
 */
public final class DynamoDbEventStore implements EventStore {
  /** What {@link TaskExpiry} leaves alone, as events have the right time to live from the start. */
  static final String PREFIX = "event#";

  private static final int LONGEST_TEXT = 1000;

  private final Supplier<DynamoDbClient> dynamoDb;
  private final String table;
  private final Duration retention;

  /**
   * Events in a table.
   *
   * @param retention how long each stays
   */
  public DynamoDbEventStore(Supplier<DynamoDbClient> dynamoDb, String table, Duration retention) {
    this.dynamoDb = dynamoDb;
    this.table = table;
    this.retention = retention;
  }

  @Override
  public void add(String taskId, TaskEvent event) {
    String place = TaskItem.time(event.at()) + "#" + UUID.randomUUID().toString().substring(0, 8);
    Map<String, AttributeValue> item = new HashMap<>(TaskTable.key(taskId, PREFIX + place));
    item.put("at", text(event.at().toString()));
    item.put("eventKind", text(event.kind().name()));
    item.put("text", text(shortened(event.text())));
    item.put(TaskTable.EXPIRES_AT, number(event.at().plus(retention).getEpochSecond()));
    AwsFailures.call(
        "dynamodb:PutItem",
        "an event of " + taskId,
        () -> dynamoDb.get().putItem(r -> r.tableName(table).item(item)));
  }

  private static String shortened(String text) {
    return text.length() <= LONGEST_TEXT ? text : text.substring(0, LONGEST_TEXT - 1) + "…";
  }

  @Override
  public List<TaskEvent> last(String taskId) {
    QueryRequest request =
        QueryRequest.builder()
            .tableName(table)
            .keyConditionExpression("pk = :task AND begins_with(sk, :prefix)")
            .expressionAttributeValues(Map.of(":task", text(taskId), ":prefix", text(PREFIX)))
            .scanIndexForward(false)
            .limit(MOST)
            .consistentRead(true)
            .build();
    // 50 events of 1,000 characters are far below the 1 MB that a page may have.
    return AwsFailures.call(
        "dynamodb:Query",
        "the events of " + taskId,
        () ->
            dynamoDb.get().query(request).items().stream()
                .map(DynamoDbEventStore::event)
                .toList()
                .reversed());
  }

  private static TaskEvent event(Map<String, AttributeValue> item) {
    return new TaskEvent(
        Instant.parse(TaskItem.attribute(item, "at").s()),
        TaskEvent.Kind.valueOf(TaskItem.attribute(item, "eventKind").s()),
        TaskItem.attribute(item, "text").s());
  }
}
