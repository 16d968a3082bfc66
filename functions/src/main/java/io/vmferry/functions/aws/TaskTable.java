package io.vmferry.functions.aws;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndex;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ProjectionType;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.StreamSpecification;
import software.amazon.awssdk.services.dynamodb.model.StreamViewType;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveStatus;
import software.amazon.awssdk.services.dynamodb.waiters.DynamoDbWaiter;

/**
 * The one table of tasks. Whoever deploys it elsewhere mirrors {@link #create}.
 *
 * <table>
 * <caption>Items</caption>
 * <tr><th>Item</th><th>{@value #PK}</th><th>{@value #SK}</th><th>Other attributes</th></tr>
 * <tr><td>task</td><td>the task's id</td><td>{@code task}</td><td>{@value #KIND},
 * {@value #LIST_KEY}, {@value #ACTIVE_KIND} until it ends, {@code status}, {@code version},
 * {@code document} (JSON) or {@code documentGzip}</td></tr>
 * <tr><td>chunk</td><td>the task's id</td><td>{@code chunk#}name</td><td>{@code doneBytes},
 * {@code writtenBlocks}, {@code doneChunks}</td></tr>
 * <tr><td>effect</td><td>the task's id</td><td>{@code effect#}kind{@code #}SHA-256 of its id</td>
 * <td>{@code effectKind}, {@code effectId}</td></tr>
 * <tr><td>announcement</td><td>the task's id</td><td>{@code announced}</td>
 * <td>{@code announcedVersion}</td></tr>
 * <tr><td>event</td><td>the task's id</td><td>{@code event#}time{@code #}random</td>
 * <td>{@code at}, {@code eventKind}, {@code text}</td></tr>
 * <tr><td>slots</td><td>{@code slots#}kind</td><td>{@code slots}</td><td>{@code holders}: who has
 * one, and since when</td></tr>
 * <tr><td>place in the line</td><td>{@code queue#}kind</td><td>as {@value #LIST_KEY}</td>
 * <td>{@code taskId}</td></tr>
 * <tr><td>client token</td><td>{@code token#}kind{@code #}token</td><td>{@code token}</td>
 * <td>{@code taskId}, {@code requestHash}</td></tr>
 * </table>
 *
 * <p>The index {@value #BY_KIND} ({@value #KIND}, {@value #LIST_KEY}; all attributes) lists tasks
 * by their age; the index {@value #ACTIVE} ({@value #ACTIVE_KIND}, {@value #LIST_KEY}; keys only)
 * holds those that have not ended. {@value #EXPIRES_AT} is the time to live, in seconds since 1970:
 * ended tasks with all of their items go after the retention time. The table's stream holds items
 * as they were and as they are ({@code NEW_AND_OLD_IMAGES}): tasks are announced from it.
 */
public final class TaskTable {
  /** The partition key, a string. */
  public static final String PK = "pk";

  /** The sort key, a string. */
  public static final String SK = "sk";

  /** Partition key of {@link #BY_KIND}, a string: the task's kind. */
  public static final String KIND = "kind";

  /** Partition key of {@link #ACTIVE}, a string: the task's kind, absent once it has ended. */
  public static final String ACTIVE_KIND = "activeKind";

  /** Sort key of both indexes, a string: when the task was created, and its id. */
  public static final String LIST_KEY = "listKey";

  /** The attribute of the time to live, a number. */
  public static final String EXPIRES_AT = "expiresAt";

  /** The index that lists tasks. */
  public static final String BY_KIND = "byKind";

  /** The index of tasks that have not ended. */
  public static final String ACTIVE = "active";

  /**
   * When items other than tasks go if the task never ends properly: an execution lives for a year
   * at most.
   */
  private static final Duration LONGEST_TASK = Duration.ofDays(400);

  private TaskTable() {}

  /**
   * Creates the table with its indexes, its stream and its time to live, and waits until it can be
   * used. One that exists gets what it lacks of the latter two.
   */
  public static void create(DynamoDbClient dynamoDb, String name) {
    try {
      dynamoDb.createTable(
          r ->
              r.tableName(name)
                  .billingMode(BillingMode.PAY_PER_REQUEST)
                  .streamSpecification(TaskTable::stream)
                  .keySchema(key(PK, KeyType.HASH), key(SK, KeyType.RANGE))
                  .attributeDefinitions(
                      List.of(
                          string(PK),
                          string(SK),
                          string(KIND),
                          string(ACTIVE_KIND),
                          string(LIST_KEY)))
                  .globalSecondaryIndexes(
                      index(BY_KIND, KIND, ProjectionType.ALL),
                      index(ACTIVE, ACTIVE_KIND, ProjectionType.KEYS_ONLY)));
    } catch (ResourceInUseException e) {
      // It exists, or someone creates it right now.
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "dynamodb:CreateTable", name);
    }
    try (var waiter = dynamoDb.waiter()) {
      waiter.waitUntilTableExists(r -> r.tableName(name));
      addStream(dynamoDb, waiter, name);
      TimeToLiveStatus status =
          dynamoDb
              .describeTimeToLive(r -> r.tableName(name))
              .timeToLiveDescription()
              .timeToLiveStatus();
      if (status != TimeToLiveStatus.ENABLED && status != TimeToLiveStatus.ENABLING) {
        dynamoDb.updateTimeToLive(
            r ->
                r.tableName(name)
                    .timeToLiveSpecification(t -> t.attributeName(EXPIRES_AT).enabled(true)));
      }
    } catch (SdkException e) {
      throw AwsFailures.translate(e, "dynamodb:UpdateTimeToLive", name);
    }
  }

  private static void stream(StreamSpecification.Builder stream) {
    stream.streamEnabled(true).streamViewType(StreamViewType.NEW_AND_OLD_IMAGES);
  }

  /** For a table that was made before it had a stream. */
  private static void addStream(DynamoDbClient dynamoDb, DynamoDbWaiter waiter, String name) {
    TableDescription table = dynamoDb.describeTable(r -> r.tableName(name)).table();
    if (table.latestStreamArn() == null) {
      dynamoDb.updateTable(r -> r.tableName(name).streamSpecification(TaskTable::stream));
      waiter.waitUntilTableExists(r -> r.tableName(name));
    }
  }

  private static KeySchemaElement key(String attribute, KeyType type) {
    return KeySchemaElement.builder().attributeName(attribute).keyType(type).build();
  }

  private static AttributeDefinition string(String attribute) {
    return AttributeDefinition.builder()
        .attributeName(attribute)
        .attributeType(ScalarAttributeType.S)
        .build();
  }

  private static GlobalSecondaryIndex index(
      String name, String partitionKey, ProjectionType projection) {
    return GlobalSecondaryIndex.builder()
        .indexName(name)
        .keySchema(key(partitionKey, KeyType.HASH), key(LIST_KEY, KeyType.RANGE))
        .projection(p -> p.projectionType(projection))
        .build();
  }

  static Map<String, AttributeValue> key(String partition, String sort) {
    return Map.of(PK, text(partition), SK, text(sort));
  }

  static AttributeValue text(String value) {
    return AttributeValue.fromS(value);
  }

  static AttributeValue number(long value) {
    return AttributeValue.fromN(Long.toString(value));
  }

  /** The time to live of an item of a task that runs. */
  static AttributeValue expiryWhileActive(Instant now) {
    return number(now.plus(LONGEST_TASK).getEpochSecond());
  }
}
