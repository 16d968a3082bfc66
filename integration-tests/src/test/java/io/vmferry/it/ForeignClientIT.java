package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.functions.api.ModelShapes;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import io.vmferry.local.edge.FaultInjector.Fault;
import io.vmferry.local.edge.FaultInjector.Rule;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.interceptor.Context;
import software.amazon.awssdk.core.interceptor.ExecutionAttributes;
import software.amazon.awssdk.core.interceptor.ExecutionInterceptor;
import software.amazon.awssdk.http.AbortableInputStream;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.retries.api.BackoffStrategy;
import software.amazon.awssdk.services.ec2.Ec2Client;
import software.amazon.awssdk.services.ec2.model.ImageDiskContainer;
import software.amazon.awssdk.services.ec2.model.ImportImageTask;
import software.amazon.awssdk.services.ec2.model.ImportSnapshotResponse;
import software.amazon.awssdk.services.ec2.model.SnapshotDetail;
import software.amazon.awssdk.services.ec2.model.SnapshotTaskDetail;

/** Clients that know nothing of vmferry, over HTTP: the {@code aws} command, boto3, AWS's SDK. */
class ForeignClientIT {
  @TempDir private static Path directory;

  private static ApiStack stack;
  private static ForeignPrograms programs;
  private static String vmdk;
  private static String ova;

  @BeforeAll
  static void start() throws IOException {
    stack = ApiStack.start(directory.resolve("state"));
    programs =
        new ForeignPrograms(stack.endpoint(), Files.createDirectory(directory.resolve("programs")));
    Path disk = ImageFixture.VMDK_STREAM_OF_VMWARE.image();
    Path member = Files.copy(disk, directory.resolve("my-server-vm-disk1.vmdk"));
    vmdk = stack.account().upload(disk, "vms/my-server-vm.vmdk");
    ova = stack.account().upload(Ova.pack("my-server-vm", List.of(member)), "vms/my-server-vm.ova");
  }

  @AfterAll
  static void stop() {
    stack.close();
  }

  private static String key(String url) {
    return url.substring(("s3://" + Account.IMAGES + "/").length());
  }

  private JsonNode described(String taskId) throws IOException {
    return programs
        .ec2("describe-import-image-tasks --import-task-ids " + taskId)
        .successful()
        .json()
        .path("ImportImageTasks")
        .path(0);
  }

  /** The guide, "Import your VM as an image", example 1, and "Monitor an import image task". */
  @Test
  void theGuidesImportOfASingleDiskMakesAnImage() throws IOException {
    programs.file(
        "containers.json",
        """
        [
          {
            "Description": "My Server OVA",
            "Format": "ova",
            "UserBucket": {
              "S3Bucket": "%s",
              "S3Key": "%s"
            }
          }
        ]
        """
            .formatted(Account.IMAGES, key(ova)));

    JsonNode started =
        programs
            .ec2(
                "import-image --description \"My server VM\""
                    + " --disk-containers \"file://containers.json\"")
            .successful()
            .json();
    String id = started.path("ImportTaskId").asText();
    assertThat(started.path("Status").asText()).isEqualTo("active");
    assertThat(started.path("Description").asText()).isEqualTo("My server VM");
    stack.ended(id);

    JsonNode task = described(id);
    assertThat(task.path("Status").asText()).as(task.toString()).isEqualTo("completed");
    assertThat(task.has("StatusMessage") || task.has("Progress")).isFalse();
    assertThat(task.path("ImageId").asText()).matches("ami-[0-9a-f]{17}");
    JsonNode detail = task.path("SnapshotDetails").path(0);
    assertThat(detail.path("Format").asText()).isEqualTo("ova");
    assertThat(detail.path("Status").asText()).isEqualTo("completed");
    assertThat(detail.path("DiskImageSize").isDouble()).isTrue();
    assertThat(detail.path("DiskImageSize").asDouble()).isPositive();
    assertThat(detail.path("SnapshotId").asText()).matches("snap-[0-9a-f]{17}");
    assertThat(detail.path("UserBucket").path("S3Bucket").asText()).isEqualTo(Account.IMAGES);
    assertThat(detail.path("UserBucket").path("S3Key").asText()).isEqualTo(key(ova));
    assertThat(stack.account().images())
        .anySatisfy(image -> assertThat(image.imageId()).isEqualTo(task.path("ImageId").asText()));
  }

  /** Examples 2 and 3: several disks, encrypted; and the guide's other form of a location. */
  @Test
  void theGuidesImportOfSeveralEncryptedDisksMakesAnImage() throws IOException {
    programs.file(
        "several.json",
        """
        [
          {
            "Description": "First disk",
            "Format": "vmdk",
            "UserBucket": {
              "S3Bucket": "%1$s",
              "S3Key": "%2$s"
            }
          },
          {
            "Description": "Second disk",
            "Format": "vmdk",
            "Url": "s3://%1$s/%2$s"
          }
        ]
        """
            .formatted(Account.IMAGES, key(vmdk)));

    String id =
        programs
            .ec2(
                "import-image --description \"My server disks\" --encrypted"
                    + " --kms-key-id 0ea3fef3-80a7-4778-9d8c-1c0c6EXAMPLE"
                    + " --disk-containers \"file://several.json\"")
            .successful()
            .json()
            .path("ImportTaskId")
            .asText();
    stack.ended(id);

    JsonNode task = described(id);
    assertThat(task.path("Status").asText()).as(task.toString()).isEqualTo("completed");
    assertThat(task.path("Encrypted").asBoolean()).isTrue();
    assertThat(task.path("KmsKeyId").asText())
        .isEqualTo("arn:aws:kms:us-east-1:000000000000:key/0ea3fef3-80a7-4778-9d8c-1c0c6EXAMPLE");
    assertThat(task.path("SnapshotDetails"))
        .extracting(detail -> detail.path("Description").asText())
        .containsExactly("First disk", "Second disk");
    assertThat(task.path("SnapshotDetails"))
        .extracting(detail -> detail.path("DeviceName").asText())
        .containsExactly("/dev/sda1", "/dev/sdb");
    assertThat(task.path("SnapshotDetails").path(1).path("Url").asText()).isEqualTo(vmdk);
  }

  /** The guide, "Start an import snapshot task" and "Cancel an import snapshot task". */
  @Test
  void theGuidesImportOfASnapshotIsShownOnItsWayAndCancelled() throws IOException {
    Rule full = Rule.of("ebs", "PutSnapshotBlock", Fault.THROTTLE, 1);
    stack.faults().add(full);
    String id;
    try {
      programs.file(
          "snapshot.json",
          """
          {
            "Description": "My server VMDK",
            "Format": "VMDK",
            "UserBucket": {
              "S3Bucket": "%s",
              "S3Key": "%s"
            }
          }
          """
              .formatted(Account.IMAGES, key(vmdk)));
      JsonNode started =
          programs
              .ec2(
                  "import-snapshot --description \"My server VM\""
                      + " --disk-container \"file://snapshot.json\"")
              .successful()
              .json();
      id = started.path("ImportTaskId").asText();
      assertThat(started.path("Description").asText()).isEqualTo("My server VM");
      JsonNode detail = started.path("SnapshotTaskDetail");
      assertThat(detail.path("Description").asText()).isEqualTo("My server VMDK");
      assertThat(detail.path("DiskImageSize").asDouble()).isZero();
      assertThat(detail.path("Format").asText()).isEqualTo("VMDK");
      assertThat(detail.path("Status").asText()).isEqualTo("active");
      assertThat(detail.path("StatusMessage").asText()).isEqualTo("pending");
      assertThat(detail.path("UserBucket").path("S3Key").asText()).isEqualTo(key(vmdk));

      JsonNode cancelled =
          programs.ec2("cancel-import-task --import-task-id " + id).successful().json();
      assertThat(cancelled.path("ImportTaskId").asText()).isEqualTo(id);
      assertThat(cancelled.path("PreviousState").asText()).isEqualTo("active");
      assertThat(cancelled.path("State").asText()).isIn("deleting", "deleted");
    } finally {
      stack.faults().clear();
    }
    assertThat(stack.ended(id).status()).isEqualTo(TaskStatus.DELETED);

    JsonNode task =
        programs
            .ec2("describe-import-snapshot-tasks --import-task-ids " + id)
            .successful()
            .json()
            .path("ImportSnapshotTasks")
            .path(0);
    assertThat(task.path("SnapshotTaskDetail").path("Status").asText()).isEqualTo("deleted");
    assertThat(task.path("SnapshotTaskDetail").path("StatusMessage").asText())
        .contains("cancelled");
    assertThat(stack.account().snapshots())
        .noneMatch(snapshot -> snapshot.tags().stream().anyMatch(tag -> tag.value().equals(id)));
  }

  /** 200 tasks that have ended, and boto3's waiters and paginators. */
  @Test
  void boto3WaitsAndPages() throws IOException {
    Set<String> ids = new HashSet<>(tasks(200));

    JsonNode seen =
        programs
            .python("boto3_client.py", vmdk, "s3://" + Account.IMAGES + "/none.vmdk")
            .successful()
            .json();

    JsonNode imported = seen.path("imported");
    assertThat(imported.path("Description").asText()).isEqualTo("by boto3");
    assertThat(imported.path("Tags").path(0).path("Value").asText()).isEqualTo("blue & <green>");
    assertThat(imported.path("SnapshotTaskDetail").path("Status").asText()).isEqualTo("completed");
    assertThat(seen.path("snapshot").asText()).isEqualTo("completed");
    List<String> listed = new ArrayList<>();
    seen.path("ids").forEach(id -> listed.add(id.asText()));
    assertThat(listed).doesNotHaveDuplicates().containsAll(ids);
    assertThat(seen.path("pages").size()).isGreaterThanOrEqualTo(4);
    assertThat(seen.path("pages").path(0).asInt()).isEqualTo(50);
    assertThat(seen.path("exports").path(0)).isEmpty();
    assertThat(seen.path("refused").path("Code").asText()).isEqualTo("InvalidParameter");
    assertThat(seen.path("refused").path("Message").asText())
        .startsWith("Invalid S3 source location");
    assertThat(seen.path("status").asInt()).isEqualTo(400);
    assertThat(seen.path("requestId").asText()).isNotBlank();
    assertThat(seen.path("waiter").asText()).isEqualTo("InvalidExportTaskID.NotFound");
  }

  private static List<String> tasks(int count) {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String id = TaskKind.IMPORT_IMAGE.idPrefix() + "0" + HexFormat.of().toHexDigits((long) i);
      ImportRequest request =
          new ImportRequest(
              TaskKind.IMPORT_IMAGE,
              List.of(DiskContainer.of("s3://b/k")),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Optional.empty(),
              Map.of(),
              GuestOptions.MODIFIED);
      Task task = Task.accepted(id, request, Instant.parse("2026-01-31T12:00:00Z").plusSeconds(i));
      stack.stack().ports().tasks().create(task.advanced(TaskStatus.DELETED, "deleted"));
      ids.add(id);
    }
    return ids;
  }

  /** Keeps what the SDK reads, as it came. */
  private static final class Recorder implements ExecutionInterceptor {
    private final Map<String, String> answers = new ConcurrentHashMap<>();

    @Override
    public Optional<InputStream> modifyHttpResponseContent(
        Context.ModifyHttpResponse context, ExecutionAttributes attributes) {
      try (var body = context.responseBody().orElseThrow()) {
        byte[] bytes = body.readAllBytes();
        String name = context.request().getClass().getSimpleName().replace("Request", "Response");
        answers.put(name, new String(bytes, StandardCharsets.UTF_8));
        return Optional.of(AbortableInputStream.create(new ByteArrayInputStream(bytes)));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }

  private static Ec2Client client(ExecutionInterceptor interceptor) {
    return Ec2Client.builder()
        .endpointOverride(stack.endpoint())
        .region(Region.US_EAST_1)
        .credentialsProvider(
            StaticCredentialsProvider.create(AwsBasicCredentials.create("test", "test")))
        .overrideConfiguration(c -> c.addExecutionInterceptor(interceptor))
        .build();
  }

  @Test
  void theSdkReadsEveryFieldAndTheAnswersAreOfItsModel() {
    Recorder recorder = new Recorder();
    try (Ec2Client ec2 = client(recorder)) {
      ImportSnapshotResponse snapshot =
          ec2.importSnapshot(
              r ->
                  r.description("by the SDK")
                      .roleName("vmimport")
                      .clientData(c -> c.comment("c").uploadSize(1.0).uploadStart(Instant.now()))
                      .diskContainer(d -> d.description("disk").format("VMDK").url(vmdk)));
      SnapshotTaskDetail done =
          ec2.waiter()
              .waitUntilSnapshotImported(
                  r -> r.importTaskIds(snapshot.importTaskId()),
                  w ->
                      w.maxAttempts(600)
                          .backoffStrategyV2(BackoffStrategy.fixedDelay(Duration.ofMillis(200))))
              .matched()
              .response()
              .orElseThrow()
              .importSnapshotTasks()
              .getFirst()
              .snapshotTaskDetail();
      assertThat(done.url()).isEqualTo(vmdk);
      assertThat(done.diskImageSize()).isPositive();

      // The snapshot that was imported becomes the disk of an image.
      String id =
          ec2.importImage(
                  r ->
                      r.description("of a snapshot")
                          .platform("Linux")
                          .usageOperation("RunInstances")
                          .diskContainers(
                              ImageDiskContainer.builder().snapshotId(done.snapshotId()).build()))
              .importTaskId();
      stack.ended(id);
      ImportImageTask task =
          ec2.describeImportImageTasks(r -> r.importTaskIds(id)).importImageTasks().getFirst();
      assertThat(task.status()).as(task.statusMessage()).isEqualTo("completed");
      SnapshotDetail disk = task.snapshotDetails().getFirst();
      assertThat(disk.snapshotId()).isNotEqualTo(done.snapshotId());
      assertThat(contents(disk.snapshotId())).isEqualTo(contents(done.snapshotId()));
      assertThat(
              ec2.describeImages(r -> r.imageIds(task.imageId()))
                  .images()
                  .getFirst()
                  .blockDeviceMappings()
                  .getFirst()
                  .ebs()
                  .snapshotId())
          .isEqualTo(disk.snapshotId());
    }
    for (String shape :
        List.of(
            "ImportSnapshotResponse",
            "DescribeImportSnapshotTasksResponse",
            "ImportImageResponse",
            "DescribeImportImageTasksResponse")) {
      ModelShapes.assertModelled(shape, Objects.requireNonNull(recorder.answers.get(shape)));
    }
  }

  private static List<String> contents(String snapshotId) {
    return stack.account().blocks(snapshotId).stream()
        .map(
            block ->
                block.blockIndex() + ":" + stack.account().content(snapshotId, block).hashCode())
        .toList();
  }

  @Test
  void fiftyIdenticalRequestsAtOnceMakeOneTask() {
    Set<String> ids = Collections.synchronizedSet(new HashSet<>());
    try (Ec2Client ec2 = client(new ExecutionInterceptor() {});
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < 50; i++) {
        var _ =
            threads.submit(
                () ->
                    ids.add(
                        ec2.importImage(
                                r ->
                                    r.clientToken("fifty")
                                        .diskContainers(
                                            ImageDiskContainer.builder().url(vmdk).build()))
                            .importTaskId()));
      }
    }

    assertThat(ids).hasSize(1);
    Task task = stack.ended(ids.iterator().next());
    assertThat(task.status()).as(task.statusMessage()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(stack.account().images())
        .filteredOn(image -> image.tags().stream().anyMatch(tag -> tag.value().equals(task.id())))
        .hasSize(1);
  }
}
