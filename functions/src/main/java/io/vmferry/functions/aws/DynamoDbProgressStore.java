package io.vmferry.functions.aws;

import static io.vmferry.functions.aws.TaskTable.number;
import static io.vmferry.functions.aws.TaskTable.text;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.ProgressStore;
import io.vmferry.functions.task.Progress;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;
import software.amazon.awssdk.services.dynamodb.model.ReturnValuesOnConditionCheckFailure;

/**
 * Progress in DynamoDB, an item for each chunk beside its task's: see {@link TaskTable}. A total is
 * read from all of them at the time it is asked for, so nothing is counted twice and nothing lost.
 */
public final class DynamoDbProgressStore implements ProgressStore {
  private static final String PREFIX = "chunk#";
  private static final String DONE_BYTES = "doneBytes";
  private static final String WRITTEN_BLOCKS = "writtenBlocks";
  private static final String DONE_CHUNKS = "doneChunks";
  private static final int ATTEMPTS = 100;

  // The figures noted are not above the new ones: the new ones replace them.
  private static final String NOT_ABOVE =
      "attribute_not_exists(pk) OR (doneBytes <= :bytes AND writtenBlocks <= :blocks AND"
          + " doneChunks <= :chunks)";

  private final Supplier<DynamoDbClient> dynamoDb;
  private final String table;
  private final Clock clock;
  private final Backoff backoff =
      new Backoff(Duration.ofMillis(20), Duration.ofMillis(500), Sleeper.REAL);

  /** Progress in a table. */
  public DynamoDbProgressStore(Supplier<DynamoDbClient> dynamoDb, String table, Clock clock) {
    this.dynamoDb = dynamoDb;
    this.table = table;
    this.clock = clock;
  }

  @Override
  public void report(String taskId, String chunk, Progress progress) {
    Progress wanted = progress;
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
      Optional<Progress> noted = put(taskId, chunk, wanted);
      if (noted.isEmpty() || noted.get().max(progress).equals(noted.get())) {
        return;
      }
      // Two attempts at one chunk were each further in one respect.
      wanted = noted.get().max(progress);
      if (attempt > 1) {
        backoff.pause(attempt, "dynamodb:PutItem on " + chunk + " of " + taskId);
      }
    }
    throw new VmferryException(
        ErrorCode.SERVICE_UNAVAILABLE,
        "chunk %s of %s was changed by others in each of %d attempts to report it"
            .formatted(chunk, taskId, ATTEMPTS));
  }

  /** Returns what is noted instead if it is above in some figure. */
  private Optional<Progress> put(String taskId, String chunk, Progress progress) {
    Map<String, AttributeValue> item = new HashMap<>(TaskTable.key(taskId, PREFIX + chunk));
    item.put(DONE_BYTES, number(progress.doneBytes()));
    item.put(WRITTEN_BLOCKS, number(progress.writtenBlocks()));
    item.put(DONE_CHUNKS, number(progress.doneChunks()));
    item.put(TaskTable.EXPIRES_AT, TaskTable.expiryWhileActive(clock.instant()));
    try {
      dynamoDb
          .get()
          .putItem(
              r ->
                  r.tableName(table)
                      .item(item)
                      .conditionExpression(NOT_ABOVE)
                      .expressionAttributeValues(
                          Map.of(
                              ":bytes", number(progress.doneBytes()),
                              ":blocks", number(progress.writtenBlocks()),
                              ":chunks", number(progress.doneChunks())))
                      .returnValuesOnConditionCheckFailure(
                          ReturnValuesOnConditionCheckFailure.ALL_OLD));
      return Optional.empty();
    } catch (ConditionalCheckFailedException e) {
      return Optional.of(progress(e.item()));
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "dynamodb:PutItem", chunk + " of " + taskId);
    }
  }

  private static Progress progress(Map<String, AttributeValue> item) {
    return new Progress(
        figure(item, DONE_BYTES),
        figure(item, WRITTEN_BLOCKS),
        Math.toIntExact(figure(item, DONE_CHUNKS)));
  }

  private static long figure(Map<String, AttributeValue> item, String name) {
    return Long.parseLong(TaskItem.attribute(item, name).n());
  }

  @Override
  public Progress total(String taskId) {
    QueryRequest request =
        QueryRequest.builder()
            .tableName(table)
            .keyConditionExpression("pk = :task AND begins_with(sk, :prefix)")
            .expressionAttributeValues(Map.of(":task", text(taskId), ":prefix", text(PREFIX)))
            .consistentRead(true)
            .build();
    return AwsFailures.call(
        "dynamodb:Query",
        "the progress of " + taskId,
        () ->
            dynamoDb.get().queryPaginator(request).items().stream()
                .map(DynamoDbProgressStore::progress)
                .reduce(Progress.NONE, Progress::plus));
  }
}
