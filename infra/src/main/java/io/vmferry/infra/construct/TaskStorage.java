package io.vmferry.infra.construct;

import java.util.List;
import java.util.Objects;
import java.util.Optional;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.RemovalPolicy;
import software.amazon.awscdk.services.dynamodb.Attribute;
import software.amazon.awscdk.services.dynamodb.AttributeType;
import software.amazon.awscdk.services.dynamodb.BillingMode;
import software.amazon.awscdk.services.dynamodb.GlobalSecondaryIndexProps;
import software.amazon.awscdk.services.dynamodb.PointInTimeRecoverySpecification;
import software.amazon.awscdk.services.dynamodb.ProjectionType;
import software.amazon.awscdk.services.dynamodb.StreamViewType;
import software.amazon.awscdk.services.dynamodb.Table;
import software.amazon.awscdk.services.dynamodb.TableEncryption;
import software.amazon.awscdk.services.kms.IKey;
import software.amazon.awscdk.services.s3.BlockPublicAccess;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.s3.BucketEncryption;
import software.amazon.awscdk.services.s3.CfnBucket;
import software.amazon.awscdk.services.s3.IBucket;
import software.amazon.awscdk.services.s3.LifecycleRule;
import software.constructs.Construct;

/**
 * What vmferry keeps: the bucket of images, which is the user's and stays when the stack goes; the
 * bucket of intermediate objects and the table of tasks, which go with it.
 *
 * <p>The table is what {@code io.vmferry.functions.aws.TaskTable} creates on the embedded AWS; a
 * test compares them.
 */
public final class TaskStorage extends Construct {
  /** Index of tasks by kind and time. */
  static final String BY_KIND = "byKind";

  /** Index of the tasks that have not ended. */
  static final String ACTIVE = "active";

  private static final String LIST_KEY = "listKey";

  /**
   * Days after which an intermediate object goes even if no task removed it. A task that converts
   * for longer than a week has failed long before: a snapshot takes blocks for three days.
   */
  private static final int WORK_DAYS = 8;

  private static final int NONCURRENT_DAYS = 7;
  private static final double TLS = 1.2;

  private final IBucket images;
  private final Bucket work;
  private final Table tasks;
  private final Optional<IKey> key;

  /**
   * Makes it.
   *
   * @param images an existing bucket of images, in the stack's Region and with notifications to
   *     EventBridge turned on; none to make one
   * @param key encrypts buckets and table; none for keys that AWS manages
   * @param logDays days that access logs of the buckets are kept
   */
  public TaskStorage(
      Construct scope, String id, Optional<IBucket> images, Optional<IKey> key, int logDays) {
    super(scope, id);
    this.key = key;
    Bucket accessLogs = accessLogs(logDays);
    this.images = images.orElseGet(() -> imagesBucket(accessLogs));
    this.work = workBucket(accessLogs);
    this.tasks = table();
  }

  /** Where images are uploaded to. */
  public IBucket images() {
    return images;
  }

  /** Where intermediate objects are. */
  public IBucket work() {
    return work;
  }

  /** The table of tasks. */
  public Table tasks() {
    return tasks;
  }

  /** What encrypts them, if the user brought a key. */
  public Optional<IKey> key() {
    return key;
  }

  /** Reads and writes what the key of buckets and table protects, if there is one. */
  List<Permission> useOfKey() {
    return key().stream()
        .map(
            k ->
                Permission.exact(
                    Permissions.allow(
                        List.of("kms:Decrypt", "kms:GenerateDataKey"), List.of(k.getKeyArn()))))
        .toList();
  }

  private Bucket accessLogs(int days) {
    return privateBucket("AccessLogs")
        // S3 delivers access logs to buckets with S3's own key only.
        .encryption(BucketEncryption.S3_MANAGED)
        .lifecycleRules(List.of(LifecycleRule.builder().expiration(Duration.days(days)).build()))
        .removalPolicy(RemovalPolicy.DESTROY)
        .autoDeleteObjects(true)
        .build();
  }

  private Bucket imagesBucket(Bucket accessLogs) {
    Bucket bucket =
        encrypted(privateBucket("Images"))
            .serverAccessLogsBucket(accessLogs)
            .serverAccessLogsPrefix("images/")
            .versioned(true)
            .lifecycleRules(
                List.of(
                    LifecycleRule.builder()
                        .id("replaced-and-deleted-images")
                        .noncurrentVersionExpiration(Duration.days(NONCURRENT_DAYS))
                        .expiredObjectDeleteMarker(true)
                        .build(),
                    abandonedUploads()))
            .removalPolicy(RemovalPolicy.RETAIN)
            .build();
    // CDK's own switch deploys a function of its own for this one property of the bucket.
    CfnBucket resource = (CfnBucket) Objects.requireNonNull(bucket.getNode().getDefaultChild());
    resource.setNotificationConfiguration(
        CfnBucket.NotificationConfigurationProperty.builder()
            .eventBridgeConfiguration(
                CfnBucket.EventBridgeConfigurationProperty.builder()
                    .eventBridgeEnabled(true)
                    .build())
            .build());
    return bucket;
  }

  /** Without versions: what a task removes at its end is to be gone. */
  private Bucket workBucket(Bucket accessLogs) {
    return encrypted(privateBucket("Work"))
        .serverAccessLogsBucket(accessLogs)
        .serverAccessLogsPrefix("work/")
        .lifecycleRules(
            List.of(
                LifecycleRule.builder()
                    .id("forgotten-objects")
                    .expiration(Duration.days(WORK_DAYS))
                    .build(),
                abandonedUploads()))
        .removalPolicy(RemovalPolicy.DESTROY)
        .autoDeleteObjects(true)
        .build();
  }

  private static LifecycleRule abandonedUploads() {
    return LifecycleRule.builder()
        .id("abandoned-uploads")
        .abortIncompleteMultipartUploadAfter(Duration.days(WORK_DAYS))
        .build();
  }

  private Bucket.Builder privateBucket(String id) {
    return Bucket.Builder.create(this, id)
        .blockPublicAccess(BlockPublicAccess.BLOCK_ALL)
        .enforceSsl(true)
        .minimumTlsVersion(TLS);
  }

  private Bucket.Builder encrypted(Bucket.Builder bucket) {
    key.ifPresentOrElse(
        k -> bucket.encryption(BucketEncryption.KMS).encryptionKey(k).bucketKeyEnabled(true),
        () -> bucket.encryption(BucketEncryption.S3_MANAGED));
    return bucket;
  }

  private Table table() {
    Table.Builder builder =
        Table.Builder.create(this, "Tasks")
            .partitionKey(text("pk"))
            .sortKey(text("sk"))
            .billingMode(BillingMode.PAY_PER_REQUEST)
            .timeToLiveAttribute("expiresAt")
            .stream(StreamViewType.NEW_AND_OLD_IMAGES)
            .pointInTimeRecoverySpecification(
                PointInTimeRecoverySpecification.builder().pointInTimeRecoveryEnabled(true).build())
            .encryption(
                key.isPresent() ? TableEncryption.CUSTOMER_MANAGED : TableEncryption.DEFAULT)
            .removalPolicy(RemovalPolicy.DESTROY);
    key.ifPresent(builder::encryptionKey);
    Table table = builder.build();
    table.addGlobalSecondaryIndex(index(BY_KIND, "kind", ProjectionType.ALL));
    table.addGlobalSecondaryIndex(index(ACTIVE, "activeKind", ProjectionType.KEYS_ONLY));
    return table;
  }

  private static GlobalSecondaryIndexProps index(
      String name, String partitionKey, ProjectionType projection) {
    return GlobalSecondaryIndexProps.builder()
        .indexName(name)
        .partitionKey(text(partitionKey))
        .sortKey(text(LIST_KEY))
        .projectionType(projection)
        .build();
  }

  private static Attribute text(String name) {
    return Attribute.builder().name(name).type(AttributeType.STRING).build();
  }
}
