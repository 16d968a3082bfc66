package io.vmferry.functions.aws;

import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;

/** Makes the items around an ended task go when the task goes. */
final class TaskExpiry {
  private static final Logger LOG = LoggerFactory.getLogger(TaskExpiry.class);
  private static final int AT_ONCE = 16;

  private final Supplier<DynamoDbClient> dynamoDb;
  private final String table;
  private final Duration retention;

  TaskExpiry(Supplier<DynamoDbClient> dynamoDb, String table, Duration retention) {
    this.dynamoDb = dynamoDb;
    this.table = table;
    this.retention = retention;
  }

  static Map<String, AttributeValue> tokenKey(TaskKind kind, String token) {
    return TaskTable.key("token#" + kind.name() + "#" + token, "token");
  }

  /**
   * Sets the time to live of a task's chunks, effects and client token. If that fails they still
   * have the one they were made with, so the task's end does not depend on it.
   */
  void mark(Task task) {
    try (ExecutorService threads =
        Executors.newFixedThreadPool(AT_ONCE, Thread.ofVirtual().factory())) {
      AttributeValue expiry = TaskItem.expiry(task, retention);
      List<Callable<Void>> updates =
          keys(task)
              .<Callable<Void>>map(
                  key ->
                      () -> {
                        setExpiry(key, expiry);
                        return null;
                      })
              .toList();
      for (Future<Void> update : threads.invokeAll(updates)) {
        update.get();
      }
    } catch (SdkException | ExecutionException e) {
      LOG.warn("Items of {} expire later than the task: {}", task.id(), e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      LOG.warn("Items of {} expire later than the task: interrupted", task.id());
    }
  }

  private Stream<Map<String, AttributeValue>> keys(Task task) {
    QueryRequest request =
        QueryRequest.builder()
            .tableName(table)
            .keyConditionExpression("pk = :task")
            .expressionAttributeValues(Map.of(":task", TaskTable.text(task.id())))
            .projectionExpression("pk, sk")
            .consistentRead(true)
            .build();
    Stream<Map<String, AttributeValue>> around =
        dynamoDb.get().queryPaginator(request).items().stream()
            .filter(key -> !TaskTable.text(TaskItem.SORT).equals(key.get(TaskTable.SK)))
            .filter(
                key ->
                    !TaskItem.attribute(key, TaskTable.SK)
                        .s()
                        .startsWith(DynamoDbEventStore.PREFIX));
    Stream<Map<String, AttributeValue>> token =
        task.request().clientToken().stream().map(t -> tokenKey(task.request().kind(), t));
    return Stream.concat(around, token);
  }

  private void setExpiry(Map<String, AttributeValue> key, AttributeValue expiry) {
    try {
      dynamoDb
          .get()
          .updateItem(
              r ->
                  r.tableName(table)
                      .key(key)
                      .updateExpression("SET expiresAt = :expiry")
                      .conditionExpression("attribute_exists(pk)")
                      .expressionAttributeValues(Map.of(":expiry", expiry)));
    } catch (ConditionalCheckFailedException e) {
      // Gone already.
    }
  }
}
