package io.vmferry.infra.stack;

import io.vmferry.infra.construct.TaskStorage;
import java.util.Optional;
import software.amazon.awscdk.CfnOutput;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.StackProps;
import software.amazon.awscdk.services.kms.IKey;
import software.amazon.awscdk.services.kms.Key;
import software.amazon.awscdk.services.s3.Bucket;
import software.amazon.awscdk.services.s3.IBucket;
import software.constructs.Construct;

/** Buckets and table: what outlives a change of the functions. */
public final class StorageStack extends Stack {
  private final TaskStorage storage;

  /** The stack as the settings say. */
  public StorageStack(Construct scope, String id, StackProps props, Settings settings) {
    super(scope, id, props);
    Optional<IBucket> images =
        settings.imagesBucket().map(name -> Bucket.fromBucketName(this, "Images", name));
    Optional<IKey> key =
        settings.encryptionKey().map(arn -> Key.fromKeyArn(this, "EncryptionKey", arn));
    storage = new TaskStorage(this, "Storage", images, key, settings.logRetentionDays());
    CfnOutput.Builder.create(this, "ImagesBucket")
        .description("Where images are uploaded to")
        .value(storage.images().getBucketName())
        .build();
    CfnOutput.Builder.create(this, "WorkBucket")
        .description("Where intermediate objects are")
        .value(storage.work().getBucketName())
        .build();
    CfnOutput.Builder.create(this, "TaskTable")
        .description("The table of tasks")
        .value(storage.tasks().getTableName())
        .build();
  }

  /** What tasks are kept in. */
  public TaskStorage storage() {
    return storage;
  }
}
