package io.vmferry.local.stack;

import io.vmferry.local.deployment.TableSpec;
import java.util.ArrayList;
import java.util.List;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndex;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ResourceInUseException;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveStatus;

/** Makes tables as a template describes them. */
final class Tables {
  private Tables() {}

  /** Creates a table and waits until it can be used; does nothing where it exists. */
  static void create(DynamoDbClient dynamoDb, TableSpec table) {
    try {
      dynamoDb.createTable(request(table));
    } catch (ResourceInUseException e) {
      // It exists.
      return;
    }
    try (var waiter = dynamoDb.waiter()) {
      waiter.waitUntilTableExists(describe -> describe.tableName(table.name()));
    }
    table.timeToLive().ifPresent(attribute -> expire(dynamoDb, table.name(), attribute));
  }

  private static void expire(DynamoDbClient dynamoDb, String table, String attribute) {
    TimeToLiveStatus status =
        dynamoDb
            .describeTimeToLive(describe -> describe.tableName(table))
            .timeToLiveDescription()
            .timeToLiveStatus();
    if (status != TimeToLiveStatus.ENABLED && status != TimeToLiveStatus.ENABLING) {
      dynamoDb.updateTimeToLive(
          update ->
              update
                  .tableName(table)
                  .timeToLiveSpecification(t -> t.attributeName(attribute).enabled(true)));
    }
  }

  private static CreateTableRequest request(TableSpec table) {
    List<AttributeDefinition> attributes = new ArrayList<>();
    table
        .attributeTypes()
        .forEach(
            (name, type) ->
                attributes.add(
                    AttributeDefinition.builder().attributeName(name).attributeType(type).build()));
    List<GlobalSecondaryIndex> indexes = new ArrayList<>();
    table
        .indexes()
        .forEach(
            (name, index) ->
                indexes.add(
                    GlobalSecondaryIndex.builder()
                        .indexName(name)
                        .keySchema(key(index.key()))
                        .projection(
                            p ->
                                p.projectionType(index.projection())
                                    .nonKeyAttributes(
                                        index.included().isEmpty() ? null : index.included()))
                        .build()));
    CreateTableRequest.Builder request =
        CreateTableRequest.builder()
            .tableName(table.name())
            .billingMode(BillingMode.PAY_PER_REQUEST)
            .keySchema(key(table.key()))
            .attributeDefinitions(attributes);
    if (!indexes.isEmpty()) {
      request.globalSecondaryIndexes(indexes);
    }
    table
        .streamView()
        .ifPresent(
            view -> request.streamSpecification(s -> s.streamEnabled(true).streamViewType(view)));
    return request.build();
  }

  private static List<KeySchemaElement> key(TableSpec.Key key) {
    List<KeySchemaElement> elements = new ArrayList<>();
    elements.add(element(key.partition(), KeyType.HASH));
    key.sort().ifPresent(name -> elements.add(element(name, KeyType.RANGE)));
    return elements;
  }

  private static KeySchemaElement element(String attribute, KeyType type) {
    return KeySchemaElement.builder().attributeName(attribute).keyType(type).build();
  }
}
