package io.vmferry.cli.backend;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.functions.aws.AwsClients;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import io.vmferry.local.EmbeddedAws;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.S3Object;

/** What imports leave that are killed between their upload and their task. */
final class AbandonedUploadsIT {
  private static final String BUCKET = "images";

  private final EmbeddedAws aws;
  private final AwsClients clients;
  private final S3Client s3;
  private final AbandonedUploads uploads;

  AbandonedUploadsIT(@TempDir Path state) {
    aws = EmbeddedAws.start(EmbeddedAws.Options.of(state));
    clients = AwsClients.forEndpoint(aws.endpoint(), "us-east-1", "test", "test");
    s3 = clients.s3();
    uploads = new AbandonedUploads(s3, BUCKET);
  }

  @BeforeEach
  void upload() {
    s3.createBucket(create -> create.bucket(BUCKET));
    for (String key : List.of("uploads/1/a", "uploads/2/b.ovf", "uploads/2/b.vmdk", "mine/a")) {
      s3.putObject(put -> put.bucket(BUCKET).key(key), RequestBody.fromString("content"));
    }
    s3.createMultipartUpload(create -> create.bucket(BUCKET).key("uploads/3/large"));
    s3.createMultipartUpload(create -> create.bucket(BUCKET).key("mine/large"));
  }

  @AfterEach
  void stop() {
    clients.close();
    aws.close();
  }

  @Test
  void whatIsOldAndReadByNoActiveTaskIsRemoved() {
    Task reading = task("s3://" + BUCKET + "/uploads/2/b.ovf");
    Task ended =
        task("s3://" + BUCKET + "/uploads/1/a")
            .advanced(TaskStatus.DELETING, "cancelled")
            .advanced(TaskStatus.DELETED, "cancelled");

    uploads.sweep(
        () -> List.of(reading, ended), Instant.now().plus(AbandonedUploads.AGE).plusSeconds(60));

    assertThat(keys()).containsExactlyInAnyOrder("uploads/2/b.ovf", "uploads/2/b.vmdk", "mine/a");
    assertThat(s3.listMultipartUploads(list -> list.bucket(BUCKET)).uploads())
        .singleElement()
        .matches(upload -> upload.key().equals("mine/large"));
  }

  @Test
  void whatIsYoungMayBelongToAnImportThatIsAboutToStart() {
    uploads.sweep(
        () -> {
          throw new AssertionError("no need to list tasks");
        },
        Instant.now().plus(AbandonedUploads.AGE).minus(Duration.ofMinutes(10)));

    assertThat(keys()).hasSize(4);
    assertThat(s3.listMultipartUploads(list -> list.bucket(BUCKET)).uploads()).hasSize(2);
  }

  @Test
  void aBucketThatCannotBeListedIsNoFailureOfTheStart() {
    new AbandonedUploads(s3, "no-such-bucket").sweep(List::of, Instant.now());

    assertThat(keys()).hasSize(4);
  }

  private List<String> keys() {
    return s3.listObjectsV2(list -> list.bucket(BUCKET)).contents().stream()
        .map(S3Object::key)
        .toList();
  }

  private static Task task(String url) {
    ImportRequest request =
        new ImportRequest(
            TaskKind.IMPORT_IMAGE,
            List.of(DiskContainer.of(url)),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Map.of(),
            GuestOptions.AS_IT_IS);
    return Task.accepted("import-ami-0123456789abcdef0", request, Instant.now());
  }
}
