package io.vmferry.functions.aws;

import static io.vmferry.functions.aws.TaskTable.number;
import static io.vmferry.functions.aws.TaskTable.text;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.AdmissionStore;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import java.io.Serial;
import java.time.Clock;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;

/**
 * Slots and the line in DynamoDB: see {@link TaskTable}. The slots of a kind are one item that
 * names their holders, so that the limit is a condition on that item and holds whatever happens at
 * once, and so that taking or giving back twice is the same as once.
 */
public final class DynamoDbAdmissionStore implements AdmissionStore {
  private static final String SLOTS = "slots";
  private static final String HOLDERS = "holders";
  private static final String TASK_ID = "taskId";

  private final Supplier<DynamoDbClient> dynamoDb;
  private final String table;
  private final Clock clock;

  /** Slots in a table. */
  public DynamoDbAdmissionStore(Supplier<DynamoDbClient> dynamoDb, String table, Clock clock) {
    this.dynamoDb = dynamoDb;
    this.table = table;
    this.clock = clock;
  }

  private static Map<String, AttributeValue> slots(TaskKind kind) {
    return TaskTable.key("slots#" + kind.name(), SLOTS);
  }

  @Override
  public boolean take(TaskKind kind, String holder, int limit) {
    try {
      return takeOnce(kind, holder, limit);
    } catch (NoSlotsYetException e) {
      make(kind);
    }
    try {
      return takeOnce(kind, holder, limit);
    } catch (NoSlotsYetException e) {
      throw new VmferryException(
          ErrorCode.INTERNAL, "the slots of %s were made and are not there".formatted(kind), e);
    }
  }

  /** The item of a kind's slots is not there. */
  private static final class NoSlotsYetException extends Exception {
    @Serial private static final long serialVersionUID = 1L;
  }

  private boolean takeOnce(TaskKind kind, String holder, int limit) throws NoSlotsYetException {
    try {
      dynamoDb
          .get()
          .updateItem(
              r ->
                  r.tableName(table)
                      .key(slots(kind))
                      .updateExpression(
                          "SET holders.#holder = if_not_exists(holders.#holder, :now)")
                      .conditionExpression(
                          "attribute_exists(holders.#holder) OR size(holders) < :limit")
                      .expressionAttributeNames(Map.of("#holder", holder))
                      .expressionAttributeValues(
                          Map.of(
                              ":now", number(clock.instant().getEpochSecond()),
                              ":limit", number(limit)))
                      .returnValuesOnConditionCheckFailure(
                          ReturnValuesOnConditionCheckFailure.ALL_OLD));
      return true;
    } catch (ConditionalCheckFailedException e) {
      if (!e.hasItem() || e.item().isEmpty()) {
        throw new NoSlotsYetException();
      }
      return false;
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "dynamodb:UpdateItem", "the slots");
    }
  }

  /** Makes the item of a kind's slots, unless it is there. */
  private void make(TaskKind kind) {
    Map<String, AttributeValue> item = new HashMap<>(slots(kind));
    item.put(HOLDERS, AttributeValue.fromM(Map.of()));
    try {
      dynamoDb
          .get()
          .putItem(
              r -> r.tableName(table).item(item).conditionExpression("attribute_not_exists(pk)"));
    } catch (ConditionalCheckFailedException e) {
      // Someone else was first.
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "dynamodb:PutItem", "the slots");
    }
  }

  @Override
  public void release(TaskKind kind, String holder) {
    try {
      dynamoDb
          .get()
          .updateItem(
              r ->
                  r.tableName(table)
                      .key(slots(kind))
                      .updateExpression("REMOVE holders.#holder")
                      .conditionExpression("attribute_exists(holders.#holder)")
                      .expressionAttributeNames(Map.of("#holder", holder)));
    } catch (ConditionalCheckFailedException e) {
      // It has none.
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "dynamodb:UpdateItem", "the slots");
    }
  }

  @Override
  public Map<String, Instant> holders(TaskKind kind) {
    Map<String, AttributeValue> item =
        AwsFailures.call(
                "dynamodb:GetItem",
                "the slots",
                () ->
                    dynamoDb
                        .get()
                        .getItem(r -> r.tableName(table).key(slots(kind)).consistentRead(true)))
            .item();
    AttributeValue holders = item == null ? null : item.get(HOLDERS);
    return holders == null
        ? Map.of()
        : holders.m().entrySet().stream()
            .collect(
                Collectors.toMap(
                    Map.Entry::getKey,
                    holder -> Instant.ofEpochSecond(Long.parseLong(holder.getValue().n()))));
  }

  private static Map<String, AttributeValue> place(Task task) {
    return TaskTable.key(queue(task.request().kind()), TaskItem.listKey(task));
  }

  private static String queue(TaskKind kind) {
    return "queue#" + kind.name();
  }

  @Override
  public void enqueue(Task task) {
    Map<String, AttributeValue> item = new HashMap<>(place(task));
    item.put(TASK_ID, text(task.id()));
    item.put(TaskTable.EXPIRES_AT, TaskTable.expiryWhileActive(clock.instant()));
    AwsFailures.call(
        "dynamodb:PutItem",
        "the place of " + task.id(),
        () -> dynamoDb.get().putItem(r -> r.tableName(table).item(item)));
  }

  @Override
  public void dequeue(Task task) {
    AwsFailures.call(
        "dynamodb:DeleteItem",
        "the place of " + task.id(),
        () -> dynamoDb.get().deleteItem(r -> r.tableName(table).key(place(task))));
  }

  @Override
  public List<String> queued(TaskKind kind, int most) {
    QueryRequest request =
        QueryRequest.builder()
            .tableName(table)
            .keyConditionExpression("pk = :queue")
            .expressionAttributeValues(Map.of(":queue", text(queue(kind))))
            .limit(most)
            .consistentRead(true)
            .build();
    return AwsFailures.call(
        "dynamodb:Query",
        "the waiting tasks",
        () ->
            dynamoDb.get().query(request).items().stream()
                .map(item -> TaskItem.attribute(item, TASK_ID).s())
                .toList());
  }
}
