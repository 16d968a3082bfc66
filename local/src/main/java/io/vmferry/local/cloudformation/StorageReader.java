package io.vmferry.local.cloudformation;

import io.vmferry.local.deployment.BucketSpec;
import io.vmferry.local.deployment.TableSpec;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads buckets and tables. */
final class StorageReader {
  private StorageReader() {}

  static BucketSpec bucket(String logicalId, Identity identity, Properties properties) {
    Properties notifications = properties.object("NotificationConfiguration");
    Properties eventBridge = notifications.object("EventBridgeConfiguration");
    boolean tells =
        notifications.has("EventBridgeConfiguration")
            && eventBridge.bool("EventBridgeEnabled").orElse(true);
    eventBridge.end();
    notifications.end();
    // Objects here are files of the machine: nothing encrypts, versions or removes them by time.
    properties
        .withoutEffect(
            "BucketEncryption",
            "BucketName",
            "CorsConfiguration",
            "LifecycleConfiguration",
            "LoggingConfiguration",
            "OwnershipControls",
            "PublicAccessBlockConfiguration",
            "Tags",
            "VersioningConfiguration")
        .end();
    return new BucketSpec(logicalId, identity.ref(), tells);
  }

  static TableSpec table(String logicalId, Identity identity, Properties properties) {
    TableSpec table = spec(logicalId, identity, properties);
    properties
        .withoutEffect(
            "ContributorInsightsSpecification",
            "DeletionProtectionEnabled",
            "PointInTimeRecoverySpecification",
            "ResourcePolicy",
            "SSESpecification",
            "TableClass",
            "TableName",
            "Tags")
        .end();
    return table;
  }

  /** A table that may have copies in other Regions, of which there is one here. */
  static TableSpec globalTable(String logicalId, Identity identity, Properties properties) {
    TableSpec table = spec(logicalId, identity, properties);
    List<Properties> replicas = properties.objects("Replicas");
    if (replicas.size() != 1) {
      throw properties.refuse("one replica is supported here, not " + replicas.size());
    }
    replicas
        .getFirst()
        .withoutEffect(
            "ContributorInsightsSpecification",
            "DeletionProtectionEnabled",
            "KinesisStreamSpecification",
            "PointInTimeRecoverySpecification",
            "Region",
            "SSESpecification",
            "TableClass",
            "Tags")
        .end();
    properties.withoutEffect("SSESpecification", "TableName").end();
    return table;
  }

  private static TableSpec spec(String logicalId, Identity identity, Properties properties) {
    Map<String, String> types = new HashMap<>();
    for (Properties attribute : properties.objects("AttributeDefinitions")) {
      types.put(attribute.requiredText("AttributeName"), attribute.requiredText("AttributeType"));
      attribute.end();
    }
    Map<String, TableSpec.Index> indexes = new HashMap<>();
    for (Properties index : properties.objects("GlobalSecondaryIndexes")) {
      Properties projection = index.object("Projection");
      indexes.put(
          index.requiredText("IndexName"),
          new TableSpec.Index(
              key(index),
              projection.requiredText("ProjectionType"),
              projection.texts("NonKeyAttributes")));
      projection.end();
      index.withoutEffect("ContributorInsightsSpecification").end();
    }
    Properties timeToLive = properties.object("TimeToLiveSpecification");
    Optional<String> expiry = timeToLive.text("AttributeName");
    boolean expires = timeToLive.bool("Enabled").orElse(false);
    timeToLive.end();
    Properties stream = properties.object("StreamSpecification");
    Optional<String> view = stream.text("StreamViewType");
    stream.withoutEffect("ResourcePolicy").end();
    properties.oneOf("BillingMode", "PAY_PER_REQUEST");
    if (!properties.has("BillingMode")) {
      throw properties.refuse("BillingMode PAY_PER_REQUEST is expected");
    }
    return new TableSpec(
        logicalId,
        identity.ref(),
        key(properties),
        types,
        indexes,
        expires ? expiry : Optional.empty(),
        view);
  }

  private static TableSpec.Key key(Properties properties) {
    String partition = "";
    Optional<String> sort = Optional.empty();
    for (Properties element : properties.objects("KeySchema")) {
      String name = element.requiredText("AttributeName");
      if (element.requiredText("KeyType").equals("HASH")) {
        partition = name;
      } else {
        sort = Optional.of(name);
      }
      element.end();
    }
    if (partition.isEmpty()) {
      throw properties.refuse("there is no partition key");
    }
    return new TableSpec.Key(partition, sort);
  }
}
