package io.vmferry.local;

import static io.vmferry.local.ebs.EbsFixture.block;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.local.ebs.EbsFixture;
import io.vmferry.local.edge.FaultInjector;
import io.vmferry.local.edge.FaultInjector.Fault;
import io.vmferry.local.edge.FaultInjector.Rule;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeDefinition;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.BillingMode;
import software.amazon.awssdk.services.dynamodb.model.KeySchemaElement;
import software.amazon.awssdk.services.dynamodb.model.KeyType;
import software.amazon.awssdk.services.dynamodb.model.ScalarAttributeType;
import software.amazon.awssdk.services.ebs.EbsClient;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.BlockDeviceMapping;
import software.amazon.awssdk.services.s3.S3Client;

class EmbeddedAwsTest {
  @TempDir Path state;

  private static void createTable(DynamoDbClient dynamoDb) {
    dynamoDb.createTable(
        r ->
            r.tableName("table")
                .billingMode(BillingMode.PAY_PER_REQUEST)
                .attributeDefinitions(
                    AttributeDefinition.builder()
                        .attributeName("id")
                        .attributeType(ScalarAttributeType.S)
                        .build())
                .keySchema(
                    KeySchemaElement.builder().attributeName("id").keyType(KeyType.HASH).build()));
  }

  private static String started(EbsClient ebs) {
    return ebs.startSnapshot(r -> r.volumeSize(1L).clientToken("token")).snapshotId();
  }

  private static void put(EbsClient ebs, String id, int index) {
    ebs.putSnapshotBlock(
        EbsFixture.putRequest(id, index, block(index)).build(),
        RequestBody.fromBytes(block(index)));
  }

  private static String registered(Ec2Client ec2, String snapshotId) {
    return ec2.registerImage(
            r ->
                r.name("image")
                    .architecture("x86_64")
                    .virtualizationType("hvm")
                    .rootDeviceName("/dev/xvda")
                    .blockDeviceMappings(
                        BlockDeviceMapping.builder()
                            .deviceName("/dev/xvda")
                            .ebs(ebs -> ebs.snapshotId(snapshotId))
                            .build()))
        .imageId();
  }

  @Test
  void aStateDirectoryThatCannotBeIsToldInWords() throws IOException {
    Path file = Files.writeString(state.resolve("file"), "no directory");

    for (Path unusable : List.of(file, file.resolve("below"), Path.of("/proc/vmferry"))) {
      assertThatThrownBy(() -> EmbeddedAws.start(EmbeddedAws.Options.of(unusable)).close())
          .isInstanceOfSatisfying(
              VmferryException.class,
              e -> {
                assertThat(e.code()).isEqualTo(ErrorCode.STATE_DIRECTORY_UNUSABLE);
                assertThat(e.detail())
                    .startsWith(unusable + " cannot be opened: ")
                    .doesNotContain("Exception");
              });
    }
  }

  @Test
  void aPortThatIsTakenIsToldAndTheStateCanBeUsedAtAnother() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      EmbeddedAws.Options options = EmbeddedAws.Options.of(state).withPort(taken.getLocalPort());

      assertThatThrownBy(() -> EmbeddedAws.start(options).close())
          .isInstanceOfSatisfying(
              VmferryException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.PORT_UNUSABLE))
          .hasMessageContaining("127.0.0.1:" + taken.getLocalPort())
          .hasMessageContaining("in use");

      EmbeddedAws.start(options.withPort(0)).close();
    }
  }

  @Test
  void everythingIsThereAfterTheProcessWasKilled() throws Exception {
    Process process = startProcess();
    String completed;
    String pending;
    String image;
    try {
      URI endpoint = endpointOf(process);
      try (S3Client s3 = Clients.s3(endpoint);
          DynamoDbClient dynamoDb = Clients.dynamoDb(endpoint);
          EbsClient ebs = Clients.ebs(endpoint);
          Ec2Client ec2 = Clients.ec2(endpoint)) {
        s3.createBucket(r -> r.bucket("bucket"));
        s3.putObject(r -> r.bucket("bucket").key("key"), RequestBody.fromString("object"));
        createTable(dynamoDb);
        dynamoDb.putItem(
            r -> r.tableName("table").item(Map.of("id", AttributeValue.fromS("item"))));
        completed = ebs.startSnapshot(r -> r.volumeSize(1L)).snapshotId();
        put(ebs, completed, 7);
        ebs.completeSnapshot(r -> r.snapshotId(completed).changedBlocksCount(1));
        ec2.waiter().waitUntilSnapshotCompleted(r -> r.snapshotIds(completed));
        image = registered(ec2, completed);
        pending = started(ebs);
        put(ebs, pending, 1);
        put(ebs, pending, 2);
      }
    } finally {
      process.destroyForcibly().waitFor();
    }
    assertThat(state.resolve("endpoint")).as("what a killed process leaves").exists();

    try (EbsFixture fixture = new EbsFixture(state);
        S3Client s3 = Clients.s3(fixture.aws.endpoint());
        DynamoDbClient dynamoDb = Clients.dynamoDb(fixture.aws.endpoint())) {
      assertThat(s3.getObjectAsBytes(r -> r.bucket("bucket").key("key")).asUtf8String())
          .isEqualTo("object");
      assertThat(dynamoDb.scan(r -> r.tableName("table")).items()).hasSize(1);
      assertThat(fixture.content(completed).get(7)).isEqualTo(block(7));
      assertThat(fixture.ec2.describeImages(r -> r.imageIds(image)).images()).hasSize(1);
      assertThat(started(fixture.ebs)).isEqualTo(pending);
      put(fixture.ebs, pending, 3);
      fixture.complete(pending, 3);
      assertThat(fixture.content(pending)).containsOnlyKeys(1, 2, 3);
    }
  }

  private Process startProcess() throws IOException {
    Path java = Path.of(System.getProperty("java.home"), "bin", "java");
    List<String> command = new ArrayList<>(List.of(java.toString(), "-Xmx256m", "-cp"));
    command.add(System.getProperty("java.class.path"));
    command.add(KillableAws.class.getName());
    command.add(state.toString());
    return new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
  }

  private static URI endpointOf(Process process) throws IOException {
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String line = out.readLine();
    assertThat(line).as("the endpoint").isNotNull();
    return URI.create(String.valueOf(line));
  }

  @Test
  void secondOneOnTheSameStateIsRefusedAndToldOfTheFirst() {
    try (EmbeddedAws first = EmbeddedAws.start(EmbeddedAws.Options.of(state))) {
      assertThatThrownBy(() -> EmbeddedAws.start(EmbeddedAws.Options.of(state)))
          .isInstanceOfSatisfying(
              VmferryException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.STATE_DIRECTORY_UNUSABLE))
          .hasMessageContaining(first.endpoint().toString());
      assertThat(state.resolve("endpoint")).hasContent(first.endpoint() + "\n");
    }
    assertThat(state.resolve("endpoint")).doesNotExist();
    EmbeddedAws.start(EmbeddedAws.Options.of(state)).close();
  }

  @Test
  void stateThatIsNoDirectoryIsRefused() throws IOException {
    Path file = Files.createFile(state.resolve("file"));

    assertThatThrownBy(() -> EmbeddedAws.start(EmbeddedAws.Options.of(file)))
        .isInstanceOfSatisfying(
            VmferryException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.STATE_DIRECTORY_UNUSABLE));
  }

  @Test
  void portInUseIsRefusedAndTheStateFreed() {
    try (EmbeddedAws first = EmbeddedAws.start(EmbeddedAws.Options.of(state.resolve("one")))) {
      EmbeddedAws.Options other =
          EmbeddedAws.Options.of(state.resolve("two")).withPort(first.endpoint().getPort());

      assertThatThrownBy(() -> EmbeddedAws.start(other)).isInstanceOf(VmferryException.class);
    }
    EmbeddedAws.start(EmbeddedAws.Options.of(state.resolve("two"))).close();
  }

  @Test
  void eachServiceThrottlesInItsOwnWords() {
    FaultInjector faults = new FaultInjector(1);
    EmbeddedAws.Options options = EmbeddedAws.Options.of(state).withFaults(faults);
    try (EmbeddedAws aws = EmbeddedAws.start(options);
        S3Client s3 = Clients.s3(aws.endpoint());
        DynamoDbClient dynamoDb = Clients.dynamoDb(aws.endpoint());
        EbsClient ebs = Clients.ebs(aws.endpoint());
        Ec2Client ec2 = Clients.ec2(aws.endpoint())) {
      Map<Supplier<?>, List<String>> calls =
          Map.of(
              s3::listBuckets,
              List.of("SlowDown", "SlowDown", "InternalError", "InternalError"),
              dynamoDb::listTables,
              List.of(
                  "ThrottlingException",
                  "ProvisionedThroughputExceededException",
                  "InternalServerError",
                  "InternalServerError"),
              () -> started(ebs),
              List.of(
                  "ThrottlingException",
                  "RequestThrottledException",
                  "InternalServerException",
                  "ResourceNotFoundException"),
              ec2::describeImages,
              List.of(
                  "RequestLimitExceeded",
                  "RequestLimitExceeded",
                  "InternalError",
                  "InvalidSnapshot.NotFound"));
      List<Fault> kinds = List.of(Fault.THROTTLE, Fault.RESOURCE_THROTTLE, Fault.SERVER_ERROR);
      for (int kind = 0; kind < kinds.size(); kind++) {
        faults.clear();
        faults.add(Rule.of("*", "*", kinds.get(kind), 1));
        int expected = kind;
        calls.forEach((call, codes) -> assertCode(call::get, codes.get(expected)));
      }
    }
  }

  private static void assertCode(ThrowingCallable call, String code) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            AwsServiceException.class,
            e -> assertThat(e.awsErrorDetails().errorCode()).isEqualTo(code));
  }

  @Test
  void callWhoseConnectionIsCutAfterwardsHasHappened() {
    FaultInjector faults = new FaultInjector(1);
    EmbeddedAws.Options options = EmbeddedAws.Options.of(state).withFaults(faults);
    try (EmbeddedAws aws = EmbeddedAws.start(options);
        S3Client s3 = Clients.s3(aws.endpoint());
        EbsClient ebs = Clients.ebs(aws.endpoint())) {
      faults.add(new Rule("s3", "CreateBucket", Fault.CUT_AFTER, 1, 1));
      faults.add(new Rule("ebs", "StartSnapshot", Fault.CUT_AFTER, 1, 1));
      faults.add(new Rule("s3", "PutObject", Fault.CUT_BEFORE, 1, 1));

      assertThatThrownBy(() -> s3.createBucket(r -> r.bucket("bucket")))
          .isInstanceOf(SdkClientException.class);
      assertThat(s3.listBuckets().buckets()).hasSize(1);
      assertThatThrownBy(() -> started(ebs)).isInstanceOf(SdkClientException.class);
      assertThat(aws.snapshots().all()).hasSize(1);
      assertThat(started(ebs)).isEqualTo(aws.snapshots().all().getFirst().id());
      assertThatThrownBy(
              () ->
                  s3.putObject(
                      r -> r.bucket("bucket").key("key"), RequestBody.fromString("object")))
          .isInstanceOf(SdkClientException.class);
      assertThat(s3.listObjectsV2(r -> r.bucket("bucket")).contents()).isEmpty();
    }
  }
}
