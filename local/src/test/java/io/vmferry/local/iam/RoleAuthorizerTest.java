package io.vmferry.local.iam;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmferry.functions.aws.AwsClients;
import io.vmferry.functions.aws.TaskTable;
import io.vmferry.local.EmbeddedAws;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.DynamoDbException;
import software.amazon.awssdk.services.dynamodb.model.Put;
import software.amazon.awssdk.services.dynamodb.model.TransactWriteItem;
import software.amazon.awssdk.services.ebs.model.AccessDeniedException;
import software.amazon.awssdk.services.ebs.model.Tag;
import software.amazon.awssdk.services.ec2.model.Ec2Exception;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Exception;

/** Requests with a role's credentials, over the port, with AWS's own clients. */
class RoleAuthorizerTest {
  @TempDir private Path directory;
  private EmbeddedAws aws;
  private AwsClients administrator;
  private RoleAuthorizer authorizer;

  @BeforeEach
  void start() {
    aws = EmbeddedAws.start(EmbeddedAws.Options.of(directory));
    administrator = AwsClients.forEndpoint(aws.endpoint(), "us-east-1", "test", "test");
    administrator.s3().createBucket(create -> create.bucket("images"));
    administrator
        .s3()
        .putObject(put -> put.bucket("images").key("a b"), RequestBody.fromString("x"));
    TaskTable.create(administrator.dynamoDb(), "tasks");
    authorizer =
        new RoleAuthorizer(
            "us-east-1",
            "000000000000",
            aws::tagsOf,
            (bucket, key) -> bucket.equals("images") && key.equals("a b"));
    aws.authorize(authorizer);
  }

  @AfterEach
  void stop() {
    administrator.close();
    aws.close();
  }

  /** Clients of a role that may do these things on everything; a condition may follow. */
  private AwsClients role(Map<String, Map<String, String>> condition, String... actions) {
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    ObjectNode statement = document.putArray("Statement").addObject();
    statement.put("Effect", "Allow").put("Resource", "*");
    ArrayNode list = statement.putArray("Action").add("sts:GetCallerIdentity");
    Arrays.stream(actions).forEach(list::add);
    condition.forEach(
        (operator, keys) ->
            keys.forEach(
                (key, value) ->
                    statement.withObject("/Condition").putObject(operator).put(key, value)));
    Role role =
        new Role(
            "arn:aws:iam::000000000000:role/r" + actions.length + condition.size(),
            Set.of(),
            List.of(Policy.read("p", document)),
            Optional.empty());
    authorizer.add(role);
    return AwsClients.forEndpoint(aws.endpoint(), "us-east-1", role.accessKeyId(), "secret");
  }

  private static void assertDenied(
      ThrowingCallable call, Class<? extends AwsServiceException> type, int status, String code) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            type,
            e -> {
              assertThat(e.statusCode()).isEqualTo(status);
              assertThat(e.awsErrorDetails().errorCode()).isEqualTo(code);
              assertThat(e.awsErrorDetails().errorMessage())
                  .contains("assumed-role/r")
                  .contains("is not authorized to perform: ");
            });
  }

  @Test
  void eachServiceDeniesInItsOwnForm() {
    try (AwsClients nobody = role(Map.of())) {
      assertDenied(
          () -> nobody.s3().getObjectAsBytes(get -> get.bucket("images").key("a b")),
          S3Exception.class,
          403,
          "AccessDenied");
      assertDenied(
          () ->
              nobody
                  .dynamoDb()
                  .getItem(
                      get ->
                          get.tableName("tasks")
                              .key(
                                  Map.of(
                                      "pk", AttributeValue.fromS("1"),
                                      "sk", AttributeValue.fromS("1")))),
          DynamoDbException.class,
          400,
          "AccessDeniedException");
      assertDenied(
          () -> nobody.ebs().startSnapshot(start -> start.volumeSize(1L)),
          AccessDeniedException.class,
          403,
          "AccessDeniedException");
      assertDenied(
          () -> nobody.ec2().describeSnapshots(), Ec2Exception.class, 403, "UnauthorizedOperation");
    }
  }

  @Test
  void whoMayDoesAndTheBodyIsStillThere() {
    try (AwsClients reader =
        role(Map.of(), "s3:GetObject", "s3:ListBucket", "dynamodb:PutItem", "ebs:StartSnapshot")) {
      assertThat(
              reader.s3().getObjectAsBytes(get -> get.bucket("images").key("a b")).asUtf8String())
          .isEqualTo("x");
      assertThatThrownBy(() -> reader.s3().headObject(head -> head.bucket("images").key("no")))
          .isInstanceOf(NoSuchKeyException.class);
      reader
          .dynamoDb()
          .putItem(
              put ->
                  put.tableName("tasks")
                      .item(
                          Map.of(
                              "pk", AttributeValue.fromS("1"), "sk", AttributeValue.fromS("1"))));
      assertThat(reader.ebs().startSnapshot(start -> start.volumeSize(1L)).snapshotId())
          .startsWith("snap-");
      assertThat(administrator.dynamoDb().scan(scan -> scan.tableName("tasks")).count())
          .isEqualTo(1);
    }
  }

  @Test
  void whoMayNotListABucketDoesNotLearnWhatIsMissingInIt() {
    try (AwsClients reader = role(Map.of(), "s3:GetObject")) {
      assertThat(reader.s3().headObject(head -> head.bucket("images").key("a b")).contentLength())
          .isEqualTo(1);
      assertThatThrownBy(() -> reader.s3().headObject(head -> head.bucket("images").key("no")))
          .isInstanceOfSatisfying(
              S3Exception.class, e -> assertThat(e.statusCode()).isEqualTo(403));
    }
  }

  @Test
  void aTransactionNeedsWhatItsPartsNeed() {
    TransactWriteItem put =
        TransactWriteItem.builder()
            .put(
                Put.builder()
                    .tableName("tasks")
                    .item(Map.of("pk", AttributeValue.fromS("1"), "sk", AttributeValue.fromS("1")))
                    .build())
            .build();
    try (AwsClients writer = role(Map.of(), "dynamodb:PutItem");
        AwsClients other = role(Map.of(), "dynamodb:UpdateItem", "dynamodb:TransactWriteItems")) {
      writer.dynamoDb().transactWriteItems(write -> write.transactItems(put));
      assertDenied(
          () -> other.dynamoDb().transactWriteItems(write -> write.transactItems(put)),
          DynamoDbException.class,
          400,
          "AccessDeniedException");
    }
  }

  @Test
  void tagsDecideWhichSnapshotsMayBeMadeAndRemoved() {
    String mine =
        administrator
            .ebs()
            .startSnapshot(
                start -> start.volumeSize(1L).tags(Tag.builder().key("task").value("1").build()))
            .snapshotId();
    String other = administrator.ebs().startSnapshot(start -> start.volumeSize(1L)).snapshotId();
    try (AwsClients starter =
            role(Map.of("Null", Map.of("aws:RequestTag/task", "false")), "ebs:StartSnapshot");
        AwsClients remover =
            role(
                Map.of("StringLike", Map.of("aws:ResourceTag/task", "*")),
                "ec2:DeleteSnapshot",
                "ebs:CompleteSnapshot")) {
      assertDenied(
          () -> starter.ebs().startSnapshot(start -> start.volumeSize(1L)),
          AccessDeniedException.class,
          403,
          "AccessDeniedException");
      starter
          .ebs()
          .startSnapshot(
              start -> start.volumeSize(1L).tags(Tag.builder().key("task").value("2").build()));
      assertDenied(
          () -> remover.ec2().deleteSnapshot(delete -> delete.snapshotId(other)),
          Ec2Exception.class,
          403,
          "UnauthorizedOperation");
      remover.ec2().deleteSnapshot(delete -> delete.snapshotId(mine));
      assertThat(administrator.ec2().describeSnapshots().snapshots())
          .extracting(snapshot -> snapshot.snapshotId())
          .contains(other)
          .doesNotContain(mine);
    }
  }

  @Test
  void everyRequestIsTold() {
    StringBuilder told = new StringBuilder();
    aws.observe((key, service, operation) -> told.append(service).append(':').append(operation));

    administrator.ec2().describeImages();

    assertThat(told).hasToString("ec2:DescribeImages");
  }
}
