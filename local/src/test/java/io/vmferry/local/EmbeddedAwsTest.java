package io.vmferry.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.s3.S3Client;

class EmbeddedAwsTest {
  @TempDir Path state;

  @Test
  void servesS3AndDynamoDbOnOnePort() {
    try (EmbeddedAws aws = EmbeddedAws.start(EmbeddedAws.Options.of(state))) {
      try (S3Client s3 = Clients.s3(aws.endpoint())) {
        s3.createBucket(b -> b.bucket("one"));
        s3.putObject(b -> b.bucket("one").key("a/b"), RequestBody.fromString("text"));
        assertThat(s3.getObjectAsBytes(b -> b.bucket("one").key("a/b")).asUtf8String())
            .isEqualTo("text");
      }
      try (DynamoDbClient dynamoDb = Clients.dynamoDb(aws.endpoint())) {
        assertThat(dynamoDb.listTables().tableNames()).isEmpty();
      }
    }
  }
}
