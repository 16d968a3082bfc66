package io.vmferry.functions.aws;

import static io.vmferry.functions.aws.TaskTable.number;

import io.vmferry.functions.port.AnnouncementStore;
import io.vmferry.functions.task.Task;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;

/** What was announced, in an item beside each task's: see {@link TaskTable}. */
public final class DynamoDbAnnouncementStore implements AnnouncementStore {
  private static final String SORT = "announced";
  private static final String VERSION = "announcedVersion";

  private final Supplier<DynamoDbClient> dynamoDb;
  private final String table;
  private final Duration retention;
  private final Clock clock;

  /**
   * Announcements in a table.
   *
   * @param retention how long ended tasks stay listed
   */
  public DynamoDbAnnouncementStore(
      Supplier<DynamoDbClient> dynamoDb, String table, Duration retention, Clock clock) {
    this.dynamoDb = dynamoDb;
    this.table = table;
    this.retention = retention;
    this.clock = clock;
  }

  @Override
  public long announced(String taskId) {
    Map<String, AttributeValue> item =
        AwsFailures.call(
                "dynamodb:GetItem",
                "the announcements of " + taskId,
                () ->
                    dynamoDb
                        .get()
                        .getItem(
                            r ->
                                r.tableName(table)
                                    .key(TaskTable.key(taskId, SORT))
                                    .consistentRead(true)))
            .item();
    return item == null || item.isEmpty()
        ? -1
        : Long.parseLong(TaskItem.attribute(item, VERSION).n());
  }

  @Override
  public void note(Task task) {
    Map<String, AttributeValue> item = new HashMap<>(TaskTable.key(task.id(), SORT));
    item.put(VERSION, number(task.version()));
    item.put(
        TaskTable.EXPIRES_AT,
        task.status().isFinal()
            ? TaskItem.expiry(task, retention)
            : TaskTable.expiryWhileActive(clock.instant()));
    try {
      dynamoDb
          .get()
          .putItem(
              r ->
                  r.tableName(table)
                      .item(item)
                      .conditionExpression(
                          "attribute_not_exists(pk) OR announcedVersion < :version")
                      .expressionAttributeValues(Map.of(":version", number(task.version()))));
    } catch (ConditionalCheckFailedException e) {
      // A later version was announced meanwhile.
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "dynamodb:PutItem", "the announcements of " + task.id());
    }
  }
}
