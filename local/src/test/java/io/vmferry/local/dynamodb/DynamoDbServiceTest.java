package io.vmferry.local.dynamodb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.local.Clients;
import io.vmferry.local.EmbeddedAws;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.ConditionalCheckFailedException;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndex;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ProjectionType;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.dynamodb.model.TimeToLiveStatus;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class DynamoDbServiceTest {
  private static final String TABLE = "tasks";

  private EmbeddedAws aws;
  private DynamoDbClient dynamoDb;

  @BeforeAll
  void start(@TempDir Path state) {
    aws = EmbeddedAws.start(EmbeddedAws.Options.of(state));
    dynamoDb = Clients.dynamoDb(aws.endpoint());
    createTable(TABLE);
  }

  @AfterAll
  void stop() {
    dynamoDb.close();
    aws.close();
  }

  private void createTable(String name) {
    dynamoDb.createTable(
        r ->
            r.tableName(name)
                .billingMode(BillingMode.PAY_PER_REQUEST)
                .attributeDefinitions(string("id"), string("kind"))
                .keySchema(key("id"))
                .globalSecondaryIndexes(
                    GlobalSecondaryIndex.builder()
                        .indexName("by-kind")
                        .keySchema(key("kind"))
                        .projection(p -> p.projectionType(ProjectionType.ALL))
                        .build()));
  }

  private static AttributeDefinition string(String name) {
    return AttributeDefinition.builder()
        .attributeName(name)
        .attributeType(ScalarAttributeType.S)
        .build();
  }

  private static KeySchemaElement key(String name) {
    return KeySchemaElement.builder().attributeName(name).keyType(KeyType.HASH).build();
  }

  private static Map<String, AttributeValue> item(String id, String kind) {
    return Map.of("id", AttributeValue.fromS(id), "kind", AttributeValue.fromS(kind));
  }

  @Test
  void conditionsOfWritesAreHeld() {
    dynamoDb.putItem(r -> r.tableName(TABLE).item(item("once", "a")));

    assertThatThrownBy(
            () ->
                dynamoDb.putItem(
                    r ->
                        r.tableName(TABLE)
                            .item(item("once", "b"))
                            .conditionExpression("attribute_not_exists(id)")))
        .isInstanceOf(ConditionalCheckFailedException.class);
    assertThat(
            dynamoDb
                .getItem(r -> r.tableName(TABLE).key(Map.of("id", AttributeValue.fromS("once"))))
                .item())
        .isEqualTo(item("once", "a"));
  }

  @Test
  void transactionsAreWholeOrNothing() {
    dynamoDb.putItem(r -> r.tableName(TABLE).item(item("taken", "a")));
    TransactWriteItem fine = put("new", "attribute_not_exists(id)");
    TransactWriteItem failing = put("taken", "attribute_not_exists(id)");

    assertThatThrownBy(() -> dynamoDb.transactWriteItems(r -> r.transactItems(fine, failing)))
        .isInstanceOfSatisfying(
            TransactionCanceledException.class,
            e ->
                assertThat(e.cancellationReasons())
                    .extracting(reason -> reason.code())
                    .containsExactly("None", "ConditionalCheckFailed"));
    assertThat(
            dynamoDb
                .getItem(r -> r.tableName(TABLE).key(Map.of("id", AttributeValue.fromS("new"))))
                .hasItem())
        .isFalse();
  }

  private static TransactWriteItem put(String id, String condition) {
    return TransactWriteItem.builder()
        .put(
            Put.builder()
                .tableName(TABLE)
                .item(item(id, "t"))
                .conditionExpression(condition)
                .build())
        .build();
  }

  @Test
  void indexesAreQueried() {
    dynamoDb.putItem(r -> r.tableName(TABLE).item(item("i1", "indexed")));
    dynamoDb.putItem(r -> r.tableName(TABLE).item(item("i2", "indexed")));

    assertThat(
            dynamoDb
                .query(
                    r ->
                        r.tableName(TABLE)
                            .indexName("by-kind")
                            .keyConditionExpression("kind = :k")
                            .expressionAttributeValues(
                                Map.of(":k", AttributeValue.fromS("indexed"))))
                .items())
        .containsExactlyInAnyOrder(item("i1", "indexed"), item("i2", "indexed"));
  }

  @Test
  void timeToLiveCanBeSwitchedOn() {
    createTable("expiring");

    dynamoDb.updateTimeToLive(
        r ->
            r.tableName("expiring")
                .timeToLiveSpecification(ttl -> ttl.attributeName("expires").enabled(true)));

    assertThat(
            dynamoDb
                .describeTimeToLive(r -> r.tableName("expiring"))
                .timeToLiveDescription()
                .timeToLiveStatus())
        .isEqualTo(TimeToLiveStatus.ENABLED);
  }
}
