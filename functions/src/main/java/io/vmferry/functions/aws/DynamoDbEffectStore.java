package io.vmferry.functions.aws;

import static io.vmferry.functions.aws.TaskTable.text;

import io.vmferry.functions.port.EffectStore;
import io.vmferry.functions.task.Effect;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.QueryRequest;

/** Effects in DynamoDB, each an item beside its task's: see {@link TaskTable}. */
public final class DynamoDbEffectStore implements EffectStore {
  static final String PREFIX = "effect#";
  private static final Comparator<Effect> ORDER =
      Comparator.comparing(Effect::kind).thenComparing(Effect::id);

  private final Supplier<DynamoDbClient> dynamoDb;
  private final String table;
  private final Clock clock;

  /** Effects in a table. */
  public DynamoDbEffectStore(Supplier<DynamoDbClient> dynamoDb, String table, Clock clock) {
    this.dynamoDb = dynamoDb;
    this.table = table;
    this.clock = clock;
  }

  @Override
  public void record(String taskId, Effect effect) {
    Map<String, AttributeValue> item = new HashMap<>(key(taskId, effect));
    item.put("effectKind", text(effect.kind().name()));
    item.put("effectId", text(effect.id()));
    item.put(TaskTable.EXPIRES_AT, TaskTable.expiryWhileActive(clock.instant()));
    AwsFailures.call(
        "dynamodb:PutItem",
        "an effect of " + taskId,
        () -> dynamoDb.get().putItem(r -> r.tableName(table).item(item)));
  }

  private static Map<String, AttributeValue> key(String taskId, Effect effect) {
    // An object's key may be as long as a sort key at most is, so its digest has to do.
    String id = Digests.sha256Hex(effect.id().getBytes(StandardCharsets.UTF_8));
    return TaskTable.key(taskId, PREFIX + effect.kind().name() + "#" + id);
  }

  @Override
  public List<Effect> list(String taskId) {
    QueryRequest request =
        QueryRequest.builder()
            .tableName(table)
            .keyConditionExpression("pk = :task AND begins_with(sk, :prefix)")
            .expressionAttributeValues(Map.of(":task", text(taskId), ":prefix", text(PREFIX)))
            .consistentRead(true)
            .build();
    return AwsFailures.call(
        "dynamodb:Query",
        "the effects of " + taskId,
        () ->
            dynamoDb.get().queryPaginator(request).items().stream()
                .map(DynamoDbEffectStore::effect)
                .sorted(ORDER)
                .toList());
  }

  static Effect effect(Map<String, AttributeValue> item) {
    return new Effect(
        Effect.Kind.valueOf(TaskItem.attribute(item, "effectKind").s()),
        TaskItem.attribute(item, "effectId").s());
  }

  @Override
  public void forget(String taskId, Effect effect) {
    AwsFailures.call(
        "dynamodb:DeleteItem",
        "an effect of " + taskId,
        () -> dynamoDb.get().deleteItem(r -> r.tableName(table).key(key(taskId, effect))));
  }
}
