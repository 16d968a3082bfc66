package io.vmferry.local.adapters;

import io.vmferry.functions.aws.AwsClients;
import io.vmferry.functions.aws.DynamoDbAdmissionStore;
import io.vmferry.functions.aws.DynamoDbEffectStore;
import io.vmferry.functions.aws.DynamoDbEventStore;
import io.vmferry.functions.aws.DynamoDbProgressStore;
import io.vmferry.functions.aws.DynamoDbTaskStore;
import io.vmferry.functions.aws.EbsSnapshotReader;
import io.vmferry.functions.aws.EbsSnapshotStore;
import io.vmferry.functions.aws.Ec2ImageStore;
import io.vmferry.functions.aws.S3ObjectStore;
import io.vmferry.functions.aws.S3UploadStore;
import io.vmferry.functions.aws.TaskTable;
import io.vmferry.functions.fake.TestClock;
import io.vmferry.functions.port.SnapshotStore;
import io.vmferry.local.EmbeddedAws;
import io.vmferry.local.edge.FaultInjector;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.http.SdkHttpClient;
import software.amazon.awssdk.services.s3.model.BucketAlreadyOwnedByYouException;

/** An embedded AWS and the adapters on it. */
final class Adapters implements AutoCloseable {
  static final Duration RETENTION = Duration.ofDays(7);

  private final Path state;
  private final EmbeddedAws aws;
  private final AwsClients clients;

  /**
   * Starts an embedded AWS with faults in a directory of its own.
   *
   * @param inProcess whether it is reached without its port
   */
  Adapters(FaultInjector faults, boolean inProcess) throws IOException {
    state = Files.createTempDirectory("adapters");
    aws = EmbeddedAws.start(EmbeddedAws.Options.of(state).withFaults(faults));
    Optional<SdkHttpClient> http = inProcess ? Optional.of(aws.httpClient()) : Optional.empty();
    clients = AwsClients.forEndpoint(aws.endpoint(), "us-east-1", "test", "test", http);
  }

  AwsClients clients() {
    return clients;
  }

  /** A fresh table. */
  String table() {
    String name = "tasks-" + UUID.randomUUID();
    TaskTable.create(clients.dynamoDb(), name);
    return name;
  }

  /** A fresh bucket. */
  String bucket() {
    String name = "bucket-" + UUID.randomUUID();
    try {
      clients.s3().createBucket(r -> r.bucket(name));
    } catch (BucketAlreadyOwnedByYouException e) {
      // An earlier attempt made it, and only its answer was lost to a fault.
      return name;
    }
    return name;
  }

  DynamoDbTaskStore tasks(String table, Clock clock) {
    return new DynamoDbTaskStore(clients::dynamoDb, table, RETENTION, clock);
  }

  DynamoDbEffectStore effects(String table) {
    return new DynamoDbEffectStore(clients::dynamoDb, table, Clock.systemUTC());
  }

  DynamoDbEventStore events(String table) {
    return new DynamoDbEventStore(clients::dynamoDb, table, RETENTION);
  }

  DynamoDbAdmissionStore admission(String table) {
    return new DynamoDbAdmissionStore(clients::dynamoDb, table, Clock.systemUTC());
  }

  DynamoDbProgressStore progress(String table) {
    return new DynamoDbProgressStore(clients::dynamoDb, table, Clock.systemUTC());
  }

  /** Snapshots; waiting for one that does not exist moves a clock only. */
  EbsSnapshotStore snapshots() {
    TestClock clock = new TestClock(Instant.parse("2026-03-01T10:00:00Z"));
    return new EbsSnapshotStore(clients::ebs, clients::ec2, clock, clock::advance);
  }

  EbsSnapshotReader snapshotReader() {
    return new EbsSnapshotReader(clients::ebs);
  }

  Ec2ImageStore images() {
    return new Ec2ImageStore(clients::ec2);
  }

  S3ObjectStore objects() {
    return new S3ObjectStore(clients::s3);
  }

  S3UploadStore uploads() {
    return new S3UploadStore(clients::s3);
  }

  /** A completed snapshot without blocks. */
  String completedSnapshot() {
    EbsSnapshotStore store = snapshots();
    String id =
        store.start(
            new SnapshotStore.Request(
                1, "", UUID.randomUUID().toString(), Optional.empty(), Optional.empty(), Map.of()));
    store.complete(id, 0, new byte[32]);
    while (store.state(id) == SnapshotStore.State.PENDING) {
      Thread.onSpinWait();
    }
    return id;
  }

  @Override
  public void close() throws IOException {
    clients.close();
    aws.close();
    Files.walkFileTree(
        state,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e)
              throws IOException {
            Files.deleteIfExists(directory);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
