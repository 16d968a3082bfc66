package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The guide's errors as the {@code aws} command shows them: of a call with its exit status, code
 * and message; of a task as its status message.
 */
class ForeignClientErrorsIT {
  private static final String CONTAINER =
      " --disk-containers Format=vmdk,Url=s3://vmferry-images/disk.vmdk";

  @TempDir private static Path directory;

  private static ApiStack stack;
  private static ForeignPrograms programs;
  private static int refused;

  @BeforeAll
  static void start() throws IOException {
    stack = ApiStack.start(directory.resolve("state"));
    programs =
        new ForeignPrograms(stack.endpoint(), Files.createDirectory(directory.resolve("programs")));
    refused = programs.refused();
    stack.account().upload(ImageFixture.VMDK_STREAM_OF_VMWARE.image(), "disk.vmdk");
    stack
        .account()
        .clients()
        .s3()
        .createBucket(
            bucket ->
                bucket
                    .bucket("vmferry-elsewhere")
                    .createBucketConfiguration(c -> c.locationConstraint("eu-west-1")));
  }

  @AfterAll
  static void stop() {
    stack.close();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          import-image --disk-containers Format=iso,Url=s3://vmferry-images/disk.vmdk | InvalidParameter | Parameter disk-image-size=0 has an invalid format
          import-image --role-name other --disk-containers Format=vmdk,Url=s3://vmferry-images/disk.vmdk | InvalidParameter | The service role other does not exist or does not have sufficient permissions for the service to continue
          import-image --disk-containers Format=vmdk,Url=s3://vmferry-images/none | InvalidParameter | Invalid S3 source location
          import-snapshot --disk-container Format=vmdk,Url=vmferry-images/none | InvalidParameter | Invalid S3 source location
          import-image --disk-containers Format=vmdk,Url=s3://vmferry-elsewhere/disk.vmdk | InvalidParameter | The given S3 bucket is not local to the Region: the bucket of s3://vmferry-elsewhere/disk.vmdk is in eu-west-1, the stack in us-east-1
          import-image --license-type aws --disk-containers Format=OVA,Url=S3://vmferry-images/disk.vmdk | UnsupportedOperation | licence type AWS
          import-image --dry-run --disk-containers Format=vmdk,Url=s3://vmferry-images/disk.vmdk | DryRunOperation | Request would have succeeded
          export-image --image-id ami-1234567890abcdef0 --disk-image-format VMDK --s3-export-location S3Bucket=my-export-bucket,S3Prefix=exports/ | UnsupportedOperation | exports cannot be run yet
          describe-export-image-tasks --export-image-task-ids export-ami-1234567890abcdef0 | InvalidExportTaskID.NotFound | export-ami-1234567890abcdef0
          create-instance-export-task --instance-id i-1234567890abcdef0 --target-environment vmware --export-to-s3-task file://file.json | UnsupportedOperation | exports cannot be run yet
          describe-export-tasks --export-task-ids export-i-1234567890abcdef0 | InvalidExportTaskID.NotFound | export-i-1234567890abcdef0
          cancel-export-task --export-task-id export-i-1234567890abcdef0 | InvalidExportTaskID.NotFound | export-i-1234567890abcdef0
          cancel-import-task --import-task-id import-ami-1234567890abcdef0 | InvalidConversionTaskId | import-ami-1234567890abcdef0
          """)
  void aCallIsRefusedWithTheGuidesText(String command, String code, String message)
      throws IOException {
    programs.file(
        "file.json",
        """
        {
          "ContainerFormat": "ova",
          "DiskImageFormat": "VMDK",
          "S3Bucket": "my-export-bucket",
          "S3Prefix": "vms/"
        }
        """);

    ForeignPrograms.Result result = programs.ec2(command);

    assertThat(result.exitCode()).as(result.err()).isEqualTo(refused);
    assertThat(result.err())
        .contains("An error occurred (" + code + ") when calling the ")
        .contains(message);
    assertThat(result.out()).isEmpty();
  }

  /** K4, K5, K6: found in the bytes, when the task looks at them. */
  @Test
  void aTaskThatFailsIsDeletedWithTheGuidesText() throws IOException {
    Map<String, BadImage> started = new HashMap<>();
    for (BadImage bad :
        new BadImage[] {
          BadImage.VHD_FOOTERS_NOT_IDENTICAL,
          BadImage.DAMAGED_DEFLATE_STREAM,
          BadImage.COMPRESSION_ALGORITHM_0
        }) {
      String url =
          stack
              .account()
              .upload(bad.make(Files.createTempDirectory(directory, "bad")), "bad/" + bad.name());
      started.put(
          programs
              .ec2("import-snapshot --disk-container Url=" + url)
              .successful()
              .json()
              .path("ImportTaskId")
              .asText(),
          bad);
    }
    started.keySet().forEach(stack::ended);

    Map<String, JsonNode> shown = new LinkedHashMap<>();
    programs
        .ec2("describe-import-snapshot-tasks --filters Name=task-state,Values=deleted")
        .successful()
        .json()
        .path("ImportSnapshotTasks")
        .forEach(
            task -> shown.put(task.path("ImportTaskId").asText(), task.path("SnapshotTaskDetail")));

    assertThat(shown).containsOnlyKeys(started.keySet());
    started.forEach(
        (id, bad) -> {
          JsonNode detail = Objects.requireNonNull(shown.get(id));
          assertThat(detail.path("Status").asText()).isEqualTo("deleted");
          assertThat(detail.path("StatusMessage").asText())
              .startsWith("ClientError: ")
              .contains(bad.message())
              .contains(bad.code().remedy());
          assertThat(detail.has("SnapshotId")).isFalse();
        });
    stack.account().assertIsEmpty();
  }

  /** K3: what looks into the guest says so; that it does has tests of its own. */
  @Test
  void aGuestThatIsRefusedFailsItsTaskWithTheGuidesText() throws IOException {
    stack
        .guests()
        .faults()
        .failNext(
            "modify",
            new VmferryException(ErrorCode.PARTITION_NONE, "the first disk has no partition"));
    String id =
        programs.ec2("import-image" + CONTAINER).successful().json().path("ImportTaskId").asText();
    stack.ended(id);

    JsonNode task =
        programs
            .ec2("describe-import-image-tasks --import-task-ids " + id)
            .successful()
            .json()
            .path("ImportImageTasks")
            .path(0);

    assertThat(task.path("Status").asText()).isEqualTo("deleted");
    assertThat(task.path("StatusMessage").asText())
        .startsWith("Client.Unsupported: No bootable partition found: the first disk");
    assertThat(task.has("ImageId")).isFalse();
    stack.account().assertIsEmpty();
  }
}
