package io.vmferry.functions.aws;

import static io.vmferry.functions.aws.TaskTable.number;
import static io.vmferry.functions.aws.TaskTable.text;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.CancellationReason;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.QueryResponse;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;

/**
 * Tasks in DynamoDB, in the table {@link TaskTable} describes. Listing and counting read indexes,
 * which follow the tasks within moments; everything else reads the tasks themselves.
 */
public final class DynamoDbTaskStore implements TaskStore {
  /** As many writers at once as may be busy with one task, and some. */
  private static final int ATTEMPTS = 100;

  private final Supplier<DynamoDbClient> dynamoDb;
  private final String table;
  private final Duration retention;
  private final Clock clock;
  private final Backoff backoff;
  private final TaskExpiry expiry;

  /**
   * Tasks in a table.
   *
   * @param retention how long ended tasks stay listed
   * @param clock stamps changes
   */
  public DynamoDbTaskStore(
      Supplier<DynamoDbClient> dynamoDb, String table, Duration retention, Clock clock) {
    this.dynamoDb = dynamoDb;
    this.table = table;
    this.retention = retention;
    this.clock = clock;
    this.backoff = new Backoff(Duration.ofMillis(20), Duration.ofMillis(500), Sleeper.REAL);
    this.expiry = new TaskExpiry(dynamoDb, table, retention);
  }

  @Override
  public Task create(Task task) {
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      Optional<Task> stored = createOnce(task);
      if (stored.isPresent()) {
        return stored.get();
      }
      backoff.pause(attempt, "dynamodb:TransactWriteItems on " + task.id());
    }
    throw contended(task.id());
  }

  /** Returns nothing if others were busy with the same token. */
  private Optional<Task> createOnce(Task task) {
    Optional<Put> token = task.request().clientToken().map(value -> tokenItem(task, value));
    List<TransactWriteItem> writes = new ArrayList<>();
    writes.add(
        write(
            Put.builder()
                .tableName(table)
                .item(TaskItem.of(task, List.of(newWriteId()), retention))
                .conditionExpression("attribute_not_exists(pk)")
                .build()));
    token.ifPresent(put -> writes.add(write(put)));
    try {
      dynamoDb.get().transactWriteItems(r -> r.transactItems(writes));
      return Optional.of(task);
    } catch (TransactionCanceledException e) {
      List<CancellationReason> reasons = e.cancellationReasons();
      if (reasons.stream().anyMatch(reason -> "TransactionConflict".equals(reason.code()))) {
        return Optional.empty();
      }
      if (reasons.size() == 2 && isConditionFailed(reasons.get(1))) {
        return earlier(task, reasons.get(1).item());
      }
      if (!reasons.isEmpty() && isConditionFailed(reasons.getFirst())) {
        throw new VmferryException(
            ErrorCode.INTERNAL, "there is a task %s already".formatted(task.id()), e);
      }
      throw AwsFailures.translate(e, "dynamodb:TransactWriteItems", task.id());
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "dynamodb:TransactWriteItems", task.id());
    }
  }

  private static TransactWriteItem write(Put put) {
    return TransactWriteItem.builder().put(put).build();
  }

  private static boolean isConditionFailed(CancellationReason reason) {
    return "ConditionalCheckFailed".equals(reason.code());
  }

  private Put tokenItem(Task task, String token) {
    Map<String, AttributeValue> item =
        new HashMap<>(TaskExpiry.tokenKey(task.request().kind(), token));
    item.put("taskId", text(task.id()));
    item.put("requestHash", text(TaskItem.requestHash(task.request())));
    item.put(TaskTable.EXPIRES_AT, TaskTable.expiryWhileActive(clock.instant()));
    return Put.builder()
        .tableName(table)
        .item(item)
        // DynamoDB removes expired items late.
        .conditionExpression("attribute_not_exists(pk) OR expiresAt < :now")
        .expressionAttributeValues(Map.of(":now", number(clock.instant().getEpochSecond())))
        .returnValuesOnConditionCheckFailure(ReturnValuesOnConditionCheckFailure.ALL_OLD)
        .build();
  }

  private Optional<Task> earlier(Task task, Map<String, AttributeValue> token) {
    String id = TaskItem.attribute(token, "taskId").s();
    Optional<Task> earlier = find(id);
    if (earlier.isEmpty()) {
      // The task has expired before its token has.
      forget(token);
      return Optional.empty();
    }
    ImportRequest request = task.request();
    if (!TaskItem.attribute(token, "requestHash").s().equals(TaskItem.requestHash(request))) {
      throw new VmferryException(
          ErrorCode.CLIENT_TOKEN_CONFLICT,
          "client token '%s' started task %s with another request"
              .formatted(request.clientToken().orElse(""), id));
    }
    return earlier;
  }

  private void forget(Map<String, AttributeValue> token) {
    String id = TaskItem.attribute(token, "taskId").s();
    try {
      dynamoDb
          .get()
          .deleteItem(
              r ->
                  r.tableName(table)
                      .key(
                          TaskTable.key(
                              TaskItem.attribute(token, TaskTable.PK).s(),
                              TaskItem.attribute(token, TaskTable.SK).s()))
                      .conditionExpression("taskId = :id")
                      .expressionAttributeValues(Map.of(":id", text(id))));
    } catch (ConditionalCheckFailedException e) {
      // Someone else has replaced it.
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "dynamodb:DeleteItem", "the client token of " + id);
    }
  }

  private static String newWriteId() {
    return UUID.randomUUID().toString().substring(0, 13);
  }

  @Override
  public Optional<Task> find(String id) {
    return read(id).map(TaskItem::task);
  }

  @Override
  public Optional<Task> findByToken(TaskKind kind, String clientToken) {
    return read(TaskExpiry.tokenKey(kind, clientToken), "a client token")
        // DynamoDB removes expired items late.
        .filter(token -> !isExpired(token))
        .flatMap(token -> find(TaskItem.attribute(token, "taskId").s()));
  }

  private boolean isExpired(Map<String, AttributeValue> item) {
    long expiresAt = Long.parseLong(TaskItem.attribute(item, TaskTable.EXPIRES_AT).n());
    return expiresAt < clock.instant().getEpochSecond();
  }

  private Optional<Map<String, AttributeValue>> read(String id) {
    return read(TaskTable.key(id, TaskItem.SORT), id);
  }

  private Optional<Map<String, AttributeValue>> read(
      Map<String, AttributeValue> key, String subject) {
    Map<String, AttributeValue> item =
        AwsFailures.call(
                "dynamodb:GetItem",
                subject,
                () -> dynamoDb.get().getItem(r -> r.tableName(table).key(key).consistentRead(true)))
            .item();
    return item == null || item.isEmpty() ? Optional.empty() : Optional.of(item);
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // An equal task that is a new one is to be stored.
  public Task update(String id, UnaryOperator<Task> change) {
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      Map<String, AttributeValue> current =
          read(id)
              .orElseThrow(
                  () ->
                      new VmferryException(
                          ErrorCode.TASK_NOT_FOUND, "there is no task '%s'".formatted(id)));
      Task found = TaskItem.task(current);
      Task changed = change.apply(found);
      if (changed == found) {
        return unchanged(found);
      }
      Task next = changed.nextVersion(clock.instant());
      if (next.status().isFinal()) {
        next = next.withoutCredentials();
      }
      if (replace(current, next)) {
        if (next.status().isFinal()) {
          expiry.mark(next);
        }
        return next;
      }
      backoff.pause(attempt, "dynamodb:PutItem on " + id);
    }
    throw contended(id);
  }

  private Task unchanged(Task found) {
    if (found.status().isFinal()) {
      // Whoever has ended it may have died before this.
      expiry.mark(found);
    }
    return found;
  }

  /** Returns false if the item is not the current one any more. */
  private boolean replace(Map<String, AttributeValue> current, Task next) {
    String writeId = newWriteId();
    List<String> writes = TaskItem.writes(TaskItem.writes(current), writeId);
    AttributeValue version = TaskItem.attribute(current, TaskItem.VERSION);
    try {
      dynamoDb
          .get()
          .putItem(
              r ->
                  r.tableName(table)
                      .item(TaskItem.of(next, writes, retention))
                      .conditionExpression("version = :version")
                      .expressionAttributeValues(Map.of(":version", version))
                      .returnValuesOnConditionCheckFailure(
                          ReturnValuesOnConditionCheckFailure.ALL_OLD));
      return true;
    } catch (ConditionalCheckFailedException e) {
      // If an answer was lost and the SDK sent the write again, it meets what it wrote itself, or
      // what others made of that since.
      return e.hasItem() && TaskItem.writes(e.item()).contains(writeId);
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "dynamodb:PutItem", next.id());
    }
  }

  private static VmferryException contended(String id) {
    return new VmferryException(
        ErrorCode.SERVICE_UNAVAILABLE,
        "%s was changed by others in each of %d attempts to change it".formatted(id, ATTEMPTS));
  }

  @Override
  public Page list(TaskKind kind, int limit, @Nullable String after) {
    if (limit < 1 || limit > 1000) {
      throw new VmferryException(
          ErrorCode.PARAMETER_INVALID, "limit %d is not from 1 to 1,000".formatted(limit));
    }
    Map<String, AttributeValue> start =
        after == null ? Map.of() : TaskItem.indexKey(kind, decoded(after));
    List<Task> tasks = new ArrayList<>();
    // One more than asked for tells whether there is another page.
    while (tasks.size() <= limit) {
      QueryRequest request =
          QueryRequest.builder()
              .tableName(table)
              .indexName(TaskTable.BY_KIND)
              .keyConditionExpression("kind = :kind")
              .expressionAttributeValues(Map.of(":kind", text(kind.name())))
              .scanIndexForward(false)
              .limit(limit + 1 - tasks.size())
              .exclusiveStartKey(start.isEmpty() ? null : start)
              .build();
      QueryResponse page =
          AwsFailures.call(
              "dynamodb:Query", "the list of tasks", () -> dynamoDb.get().query(request));
      page.items().forEach(item -> tasks.add(TaskItem.task(item)));
      if (!page.hasLastEvaluatedKey() || page.lastEvaluatedKey().isEmpty()) {
        break;
      }
      start = page.lastEvaluatedKey();
    }
    if (tasks.size() <= limit) {
      return new Page(List.copyOf(tasks), null);
    }
    List<Task> page = List.copyOf(tasks.subList(0, limit));
    return new Page(page, encoded(TaskItem.listKey(page.getLast())));
  }

  private static String encoded(String listKey) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(listKey.getBytes(StandardCharsets.UTF_8));
  }

  private static String decoded(String place) {
    try {
      return new String(Base64.getUrlDecoder().decode(place), StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      throw new VmferryException(
          ErrorCode.PARAMETER_INVALID, "'%s' is not the place of a page".formatted(place), e);
    }
  }

  @Override
  public List<String> active(TaskKind kind) {
    QueryRequest request =
        QueryRequest.builder()
            .tableName(table)
            .indexName(TaskTable.ACTIVE)
            .keyConditionExpression("activeKind = :kind")
            .expressionAttributeValues(Map.of(":kind", text(kind.name())))
            .build();
    return AwsFailures.call(
        "dynamodb:Query",
        "the active tasks",
        () ->
            dynamoDb.get().queryPaginator(request).items().stream()
                .map(item -> TaskItem.attribute(item, TaskTable.PK).s())
                .toList());
  }
}
