package io.vmferry.functions.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.DiskFormat;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.SnapshotStore;
import io.vmferry.functions.task.ContentFile;
import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.ObjectVersion;
import io.vmferry.functions.task.Progress;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskError;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ApiTest {
  private static final String[] SOURCE = {"DiskContainer.1.Url", "s3://images/disk.vmdk"};

  private final Service service = new Service();

  private Answer importImage(String... parameters) {
    List<String> all = new ArrayList<>(List.of(SOURCE));
    all.addAll(List.of(parameters));
    return service.call("ImportImage", all.toArray(String[]::new));
  }

  private Answer importSnapshot(String... parameters) {
    List<String> all = new ArrayList<>(List.of("DiskContainer.Url", "s3://images/disk.vmdk"));
    all.addAll(List.of(parameters));
    return service.call("ImportSnapshot", all.toArray(String[]::new));
  }

  @Test
  void aTaskIsStartedWithAllThatTheRequestSays() {
    Answer answer =
        importImage(
                "Description", "My server <VM> & more",
                "Architecture", "x86_64",
                "BootMode", "uefi-preferred",
                "Encrypted", "true",
                "KmsKeyId", "0ea3fef3-80a7-4778-9d8c-1c0c6EXAMPLE",
                "Platform", "linux",
                "LicenseType", "byol",
                "RoleName", "vmimport",
                "ClientToken", "t-1",
                "ClientData.Comment", "c",
                "ClientData.UploadSize", "1.5",
                "ClientData.UploadStart", "2026-01-31T12:00:00.000Z",
                "DiskContainer.1.Description", "first",
                "DiskContainer.1.Format", "VMDK",
                "DiskContainer.2.UserBucket.S3Bucket", "images",
                "DiskContainer.2.UserBucket.S3Key", "disk.vmdk",
                "DiskContainer.2.DeviceName", "/dev/sdf",
                "TagSpecification.1.ResourceType", "import-image-task",
                "TagSpecification.1.Tag.1.Key", "team",
                "TagSpecification.1.Tag.1.Value", "a b")
            .isOk();

    String id = answer.text("importTaskId");
    assertThat(id).matches("import-ami-[0-9a-f]{17}");
    assertThat(answer.text("status")).isEqualTo("active");
    assertThat(answer.text("statusMessage")).isEqualTo("pending");
    assertThat(answer.text("description")).isEqualTo("My server <VM> & more");
    assertThat(answer.text("licenseType")).isEqualTo("BYOL");
    assertThat(answer.text("platform")).isEqualTo("Linux");
    assertThat(answer.texts("diskImageSize")).containsExactly("0.0", "0.0");
    assertThat(answer.text("s3Key")).isEqualTo("disk.vmdk");
    assertThat(answer.texts("key")).containsExactly("team");
    ImportRequest request = service.tasks.find(id).orElseThrow().request();
    assertThat(request.containers()).hasSize(2);
    assertThat(request.containers().get(1).url()).isEqualTo("s3://images/disk.vmdk");
    assertThat(request.containers().get(1).deviceName()).contains("/dev/sdf");
    assertThat(request.bootMode()).contains("uefi-preferred");
    assertThat(request.encrypted()).contains(true);
    assertThat(request.kmsKeyId())
        .contains("arn:aws:kms:eu-west-1:111122223333:key/0ea3fef3-80a7-4778-9d8c-1c0c6EXAMPLE");
    assertThat(request.guest().modify()).isTrue();
    assertThat(request.tags()).isEmpty();
    assertThat(request.options().taskTags()).isEqualTo(Map.of("team", "a b"));
    assertThat(service.workflow.started()).containsExactly(id);
  }

  @Test
  void aSnapshotTaskIsShownAsTheGuideShowsIt() {
    Answer answer =
        importSnapshot("Description", "My server VM", "DiskContainer.Format", "VMDK").isOk();

    assertThat(answer.text("importTaskId")).matches("import-snap-[0-9a-f]{17}");
    assertThat(answer.text("diskImageSize")).isEqualTo("0.0");
    assertThat(answer.text("format")).isEqualTo("VMDK");
    assertThat(answer.text("status")).isEqualTo("active");
    assertThat(answer.text("statusMessage")).isEqualTo("pending");
    assertThat(answer.text("progress")).isEqualTo("0");
  }

  @Test
  void getAnswersAsPostDoes() {
    ApiResponse response =
        service.answer(
            new ApiRequest(
                "GET",
                "Action=DescribeImportImageTasks&Version=2016-11-15&X-Amz-Signature=x",
                "",
                Optional.of(Service.CALLER),
                Service.REQUEST_ID));

    assertThat(Answer.of(response).isOk().root().getTagName())
        .isEqualTo("DescribeImportImageTasksResponse");
  }

  @Test
  void whoIsNotFoundByIamGetsNoAnswer() {
    ApiResponse response =
        service.answer(
            new ApiRequest(
                "POST",
                "",
                "Action=DescribeImportImageTasks",
                Optional.empty(),
                Service.REQUEST_ID));

    Answer.of(response).isError(403, "MissingAuthenticationToken");
  }

  @Test
  void aDryRunOfAValidRequestStartsNothing() {
    importImage("DryRun", "true").isError(412, "DryRunOperation");
    importSnapshot("DryRun", "true").isError(412, "DryRunOperation");
    importImage("DryRun", "true", "Architecture", "vax").isError("InvalidParameterValue");
    service.call("DescribeImportImageTasks", "DryRun", "true").isError(412, "DryRunOperation");
    service.call("DescribeExportImageTasks", "DryRun", "true").isError(412, "DryRunOperation");
    String id = service.importImage();
    service
        .call("CancelImportTask", "ImportTaskId", id, "DryRun", "true")
        .isError(412, "DryRunOperation");

    assertThat(service.workflow.started()).containsExactly(id);
    assertThat(service.workflow.stopped()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          LicenseType=X                                        | InvalidParameterValue | Auto | BYOL
          LicenseType=BYOL UsageOperation=RunInstances         | InvalidParameterCombination | together
          UsageOperation=RunInstances:9999                     | InvalidParameterValue | RunInstances:0800
          UsageOperation=RunInstances:0800 Platform=Linux      | InvalidParameterCombination | Windows
          UsageOperation=RunInstances Platform=Windows         | InvalidParameterCombination | Linux
          UsageOperation=RunInstances:0006                     | UnsupportedOperation | licence
          LicenseType=aws                                      | UnsupportedOperation | BYOL
          LicenseType=AWS Platform=Linux                       | InvalidParameterCombination | BYOL only
          LicenseSpecifications.1.LicenseConfigurationArn=lic  | InvalidParameterValue | ARN
          RoleName=other                                       | InvalidParameter | The service role other does not exist or does not have sufficient permissions for the service to continue
          RoleName=a/b                                         | InvalidParameterValue | IAM role
          KmsKeyId=alias/x Encrypted=true                      | UnsupportedOperation | alias
          KmsKeyId=0ea3fef3                                    | InvalidParameterCombination | Encrypted
          KmsKeyId=a:b Encrypted=true                          | InvalidParameterValue | KMS key
          Architecture=ppc64                                   | InvalidParameterValue | arm64
          BootMode=bios                                        | InvalidParameterValue | legacy-bios
          Platform=BeOS                                        | InvalidParameterValue | Windows
          Hypervisor=kvm                                       | InvalidParameterValue | xen
          Encrypted=1                                          | InvalidParameterValue | true
          ClientData.UploadSize=big                            | InvalidParameterValue | number
          ClientData.UploadStart=yesterday                     | InvalidParameterValue | time
          DiskContainer.1.DeviceName=/dev/hda                  | InvalidParameterValue | /dev/sda1
          DiskContainer.2.DeviceName=/dev/sdb                  | InvalidParameterCombination | DiskContainer.2.Url
          DiskContainer.1.Format=floppy                        | InvalidParameter | Parameter disk-image-size=0 has an invalid format
          DiskContainer.1.SnapshotId=snap-12345678             | InvalidParameterCombination | exactly one
          DiskContainer.2.SnapshotId=snap-x                    | InvalidSnapshotID.Malformed | snap-x
          DiskContainer.2.SnapshotId=snap-12345678             | InvalidSnapshot.NotFound | snap-12345678
          DiskContainer.2.Url=ftp://h/x                        | InvalidParameter | Invalid S3 source location
          DiskContainer.2.Url=s3://images/none                 | InvalidParameter | Invalid S3 source location
          DiskContainer.2.UserBucket.S3Bucket=b                | MissingParameter | DiskContainer.2.UserBucket.S3Key
          DiskContainer.0.Url=s3://images/disk.vmdk            | UnknownParameter | DiskContainer.0.Url
          DiskContainer.N.Url=s3://images/disk.vmdk            | UnknownParameter | DiskContainer.N.Url
          TagSpecification.1.ResourceType=image                | InvalidParameterValue | import-image-task
          TagSpecification.1.ResourceType=import-image-task    | InvalidParameterValue | at least one tag
          diskcontainer.1.Url=s3://images/disk.vmdk            | UnknownParameter | diskcontainer.1.Url
          Foo=1                                                | UnknownParameter | Foo
          """)
  void aWrongParameterIsRefusedByItsCode(String parameters, String code, String message) {
    List<String> pairs = new ArrayList<>();
    for (String pair : parameters.trim().split(" +", -1)) {
      pairs.addAll(List.of(pair.split("=", 2)));
    }

    Answer answer = importImage(pairs.toArray(String[]::new));

    assertThat(answer.text("Code")).as(answer.text("Message")).isEqualTo(code.trim());
    answer.isError(code.trim()).saying(message.trim());
    assertThat(service.workflow.started()).isEmpty();
  }

  @Test
  void licenceConfigurationsAreCheckedAndThenSaidToBeUnsupported() {
    importImage(
            "LicenseSpecifications.1.LicenseConfigurationArn",
            "arn:aws:license-manager:us-east-1:111122223333:license-configuration:lic-"
                + "0123456789abcdef0123456789abcdef")
        .isError("UnsupportedOperation")
        .saying("LicenseSpecifications");
  }

  @Test
  void actionsThatEc2HasAreToldFromThoseItHasNot() {
    service.call("RunInstances").isError("UnsupportedOperation").saying("RunInstances");
    service.call("RunInstance").isError("InvalidAction");
    service.call("Import/Image").isError("InvalidAction");
    Answer.of(service.post("Version=2016-11-15")).isError("MissingAction");
    Answer.of(service.post("Action=DescribeImportImageTasks&Version=2014-10-01"))
        .isError("NoSuchVersion");
  }

  @Test
  void urlsAreShownWithoutCredentials() {
    Answer answer =
        service.call(
            "ImportImage",
            "DiskContainer.1.Url",
            "https://user:secret@example.com/disk.vmdk?X-Amz-Signature=secret");

    assertThat(answer.isOk().text("url")).isEqualTo("https://example.com/disk.vmdk");
  }

  @Test
  void aSnapshotThatIsNotCompletedIsRefused() {
    String pending =
        service.snapshots.start(
            new SnapshotStore.Request(1, "", "t", Optional.empty(), Optional.empty(), Map.of()));

    Answer answer = service.call("ImportImage", "DiskContainer.1.SnapshotId", pending);

    assertThat(answer.text("Code")).isIn("IncorrectState", "InvalidSnapshotID.Malformed");
  }

  @Test
  void fiftyIdenticalRequestsWithOneTokenMakeOneTask() throws Exception {
    List<Callable<String>> calls = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      calls.add(() -> service.importImage("ClientToken", "one"));
    }
    Set<String> ids = new HashSet<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(16)) {
      for (Future<String> call : threads.invokeAll(calls)) {
        ids.add(result(call));
      }
    }

    assertThat(ids).hasSize(1);
    importImage("ClientToken", "one", "Description", "another")
        .isError("IdempotentParameterMismatch");
  }

  private static String result(Future<String> call) throws InterruptedException {
    try {
      return call.get();
    } catch (ExecutionException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aRepeatedRequestIsAnsweredEvenIfTheSourceIsGone() {
    String id = service.importImage("ClientToken", "again");
    service.objects.delete("images", "disk.vmdk");

    assertThat(service.importImage("ClientToken", "again")).isEqualTo(id);
  }

  @Test
  void twoHundredTasksAreListedInPagesNewestFirst() {
    List<String> started = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      started.addFirst(service.importImage());
      service.clock.advance(Duration.ofSeconds(1));
    }
    List<String> listed = new ArrayList<>();
    int pages = 0;
    String token = "";
    do {
      Answer page =
          token.isEmpty()
              ? service.call("DescribeImportImageTasks", "MaxResults", "33")
              : service.call("DescribeImportImageTasks", "MaxResults", "33", "NextToken", token);
      listed.addAll(page.isOk().texts("importTaskId"));
      token = page.text("nextToken");
      pages++;
    } while (!token.isEmpty());

    assertThat(listed).isEqualTo(started);
    assertThat(pages).isEqualTo(7);
    assertThat(service.call("DescribeImportImageTasks").texts("importTaskId")).hasSize(100);
  }

  @Test
  void tasksAreFilteredByTheirState() {
    String active = service.importImage();
    String deleted = service.importImage();
    service.tasks.update(deleted, t -> t.advanced(TaskStatus.DELETED, "deleted"));
    String completed = service.importImage();
    service.tasks.update(completed, t -> t.advanced(TaskStatus.COMPLETED, "completed"));
    String converting = service.importImage();
    service.tasks.update(converting, t -> t.advanced(TaskStatus.CONVERTING, "writing"));

    assertThat(filtered("active")).containsExactlyInAnyOrder(active, converting);
    assertThat(filtered("deleted")).containsExactly(deleted);
    assertThat(filtered("completed", "deleting")).containsExactly(completed);
    assertThat(
            service
                .call(
                    "DescribeImportImageTasks",
                    "ImportTaskId.1",
                    active,
                    "ImportTaskId.2",
                    deleted,
                    "Filters.1.Name",
                    "task-state",
                    "Filters.1.Value.1",
                    "deleted")
                .texts("importTaskId"))
        .containsExactly(deleted);
  }

  private List<String> filtered(String... states) {
    List<String> parameters = new ArrayList<>(List.of("Filters.1.Name", "task-state"));
    for (int i = 0; i < states.length; i++) {
      parameters.addAll(List.of("Filters.1.Value." + (i + 1), states[i]));
    }
    return service
        .call("DescribeImportImageTasks", parameters.toArray(String[]::new))
        .isOk()
        .texts("importTaskId");
  }

  @Test
  void aListingSaysWhatIsWrongWithIt() {
    String action = "DescribeImportSnapshotTasks";
    service.call(action, "MaxResults", "0").isError("InvalidParameterValue");
    service.call(action, "MaxResults", "501").isError("InvalidParameterValue");
    service.call(action, "NextToken", "!").isError("InvalidNextToken");
    service.call(action, "NextToken", "dGFza3M6eA").isError("InvalidNextToken");
    service
        .call(action, "ImportTaskId.1", "import-ami-00000000000000000")
        .isError("InvalidConversionTaskId.Malformed");
    service
        .call(action, "ImportTaskId.1", "import-snap-00000000000000000")
        .isError("InvalidConversionTaskId");
    service
        .call(action, "ImportTaskId.1", "import-snap-00000000000000000", "MaxResults", "5")
        .isError("InvalidParameterCombination");
    service
        .call(action, "Filters.1.Name", "tag:x", "Filters.1.Value.1", "y")
        .isError("InvalidParameterValue");
    service.call(action, "Filters.1.Name", "task-state").isError("InvalidParameterValue");
    service
        .call(action, "Filters.1.Name", "task-state", "Filters.1.Value.1", "x")
        .isError("InvalidParameterValue");
  }

  private static Disk disk(int index) {
    ContentFile file =
        new ContentFile("d", new ObjectVersion("images", "disk.vmdk", "\"e\"", 300), 0, 300);
    return new Disk(
        index,
        0,
        DiskFormat.VMDK,
        1 << 20,
        List.of(file),
        Optional.of("/dev/sda1"),
        Optional.of("snap-0123456789abcdef0"),
        2,
        1_000);
  }

  @Test
  void progressIsOfTheBytesThatAreConverted() {
    String id = importImage().text("importTaskId");
    service.tasks.update(
        id, t -> t.withDisks(List.of(disk(0))).advanced(TaskStatus.CONVERTING, "writing"));
    service.progress.report(id, "0", new Progress(500, 1, 0));

    Answer answer = service.call("DescribeImportImageTasks", "ImportTaskId.1", id).isOk();

    assertThat(answer.text("status")).isEqualTo("converting");
    assertThat(answer.text("statusMessage")).isEqualTo("converting");
    assertThat(answer.text("progress")).isEqualTo("47");
    assertThat(answer.text("diskImageSize")).isEqualTo("300.0");
    assertThat(answer.text("format")).isEqualTo("VMDK");
    assertThat(answer.text("deviceName")).isEqualTo("/dev/sda1");
    assertThat(answer.text("snapshotId")).isEqualTo("snap-0123456789abcdef0");
  }

  @Test
  void aCompletedTaskHasItsResultsAndNoProgress() {
    String id = importImage().text("importTaskId");
    service.tasks.update(
        id,
        t ->
            t.withDisks(List.of(disk(0)))
                .withImage("ami-0123456789abcdef0")
                .advanced(TaskStatus.COMPLETED, "completed"));

    Answer answer = service.call("DescribeImportImageTasks", "ImportTaskId.1", id).isOk();

    assertThat(answer.text("imageId")).isEqualTo("ami-0123456789abcdef0");
    assertThat(answer.texts("status")).containsExactly("completed", "completed");
    assertThat(answer.text("progress") + answer.text("statusMessage")).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "VMDK_GRAIN_INVALID, ClientError: Uncompressed data has invalid length: it is",
    "PARTITION_NONE, Client.Unsupported: No bootable partition found: it is",
    "SOURCE_REGION_MISMATCH, ClientError: The given S3 bucket is not local to the Region: it is",
    "INTERNAL, ServerError: it is",
    "TASK_CANCELLED, it is"
  })
  void aFailedTaskIsDeletedWithTheReason(ErrorCode code, String start) {
    String id = importSnapshot().text("importTaskId");
    TaskError error = new TaskError(code, new VmferryException(code, "it is").getMessage());
    service.tasks.update(
        id,
        t ->
            t.withDisks(List.of(disk(0)))
                .withError(error)
                .advanced(TaskStatus.DELETED, error.message()));

    Answer answer = service.call("DescribeImportSnapshotTasks", "ImportTaskId.1", id).isOk();

    assertThat(answer.text("status")).isEqualTo("deleted");
    assertThat(answer.text("statusMessage")).startsWith(start).contains(code.remedy());
    assertThat(answer.text("snapshotId")).isEmpty();
  }

  @Test
  void cancellingMarksTheTaskAndEndsItsExecution() {
    String id = service.importImage();

    Answer answer =
        service.call("CancelImportTask", "ImportTaskId", id, "CancelReason", "wrong disk").isOk();

    assertThat(answer.text("importTaskId")).isEqualTo(id);
    assertThat(answer.text("state")).isEqualTo("deleting");
    assertThat(answer.text("previousState")).isEqualTo("active");
    assertThat(service.workflow.stopped()).containsKey(id);
    Task task = service.tasks.find(id).orElseThrow();
    assertThat(task.error().orElseThrow().code()).isEqualTo(ErrorCode.TASK_CANCELLED);
    assertThat(task.statusMessage()).contains("wrong disk");
    // Cancelling again does no harm.
    assertThat(service.call("CancelImportTask", "ImportTaskId", id).isOk().text("previousState"))
        .isEqualTo("deleting");
  }

  @ParameterizedTest
  @ValueSource(strings = {"COMPLETED", "DELETED"})
  void aTaskThatHasEndedCannotBeCancelled(TaskStatus status) {
    String id = service.importImage();
    service.tasks.update(id, t -> t.advanced(status, "ended"));

    service
        .call("CancelImportTask", "ImportTaskId", id)
        .isError("IncorrectState")
        .saying("cannot be cancelled");
  }

  @Test
  void aRetriedTaskThatWaitsInLineIsCancelledThroughAnotherRun() {
    String id = waitingForItsSecondRun();

    service.call("CancelImportTask", "ImportTaskId", id).isOk();

    assertThat(service.tasks.find(id).orElseThrow().status()).isEqualTo(TaskStatus.DELETING);
    assertThat(service.workflow.redriven()).containsExactly(id + "#3");
  }

  @Test
  void aTaskThatCannotBeRunAgainIsCancelledAllTheSame() {
    String id = waitingForItsSecondRun();
    service
        .workflow
        .faults()
        .failNext("redrive", new VmferryException(ErrorCode.TASK_NOT_RETRYABLE, "too old"));

    service.call("CancelImportTask", "ImportTaskId", id).isOk();

    assertThat(service.tasks.find(id).orElseThrow().status()).isEqualTo(TaskStatus.DELETING);
  }

  /** A task that has failed, and was retried while all slots were taken. */
  private String waitingForItsSecondRun() {
    String id = service.importImage();
    service.workflow.ended(id);
    TaskError reason = new TaskError(ErrorCode.SERVICE_UNAVAILABLE, "no answer");
    service.tasks.update(
        id, t -> t.kept(reason, service.clock.instant().plusSeconds(60)).retried("pending", 2));
    return id;
  }

  @Test
  void aTaskWhoseExecutionNeverBeganIsCancelledThroughOne() {
    service
        .workflow
        .faults()
        .failNext("start", new VmferryException(ErrorCode.SERVICE_UNAVAILABLE, "down"));
    assertThat(importImage("ClientToken", "t").status()).isNotEqualTo(200);
    String id = service.tasks.findByToken(TaskKind.IMPORT_IMAGE, "t").orElseThrow().id();
    assertThat(service.workflow.started()).isEmpty();

    service.call("CancelImportTask", "ImportTaskId", id).isOk();

    assertThat(service.workflow.started()).containsExactly(id);
    assertThat(service.workflow.stopped()).containsKey(id);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          ExportImage              |                                                        | MissingParameter
          ExportImage              | ImageId=ami-x                                          | InvalidAMIID.Malformed
          ExportImage              | ImageId=ami-12345678                                   | MissingParameter
          ExportImage              | ImageId=ami-12345678 DiskImageFormat=QCOW2             | InvalidParameterValue
          ExportImage              | ImageId=ami-12345678 DiskImageFormat=RAW               | MissingParameter
          ExportImage              | ImageId=ami-12345678 DiskImageFormat=RAW S3ExportLocation.S3Bucket=B | InvalidParameterValue
          ExportImage              | ImageId=ami-12345678 DiskImageFormat=RAW S3ExportLocation.S3Bucket=my-bucket | UnsupportedOperation
          CreateInstanceExportTask | DryRun=true                                            | UnknownParameter
          CreateInstanceExportTask | InstanceId=i-x                                         | InvalidInstanceID.Malformed
          CreateInstanceExportTask | InstanceId=i-12345678 TargetEnvironment=vmware         | MissingParameter
          CreateInstanceExportTask | InstanceId=i-12345678 TargetEnvironment=vmware ExportToS3.S3Bucket=my-bucket ExportToS3.DiskImageFormat=VHD | InvalidParameterCombination
          CreateInstanceExportTask | InstanceId=i-12345678 TargetEnvironment=citrix ExportToS3.S3Bucket=my-bucket ExportToS3.ContainerFormat=ova | InvalidParameterCombination
          CreateInstanceExportTask | InstanceId=i-12345678 TargetEnvironment=vmware ExportToS3.S3Bucket=my-bucket ExportToS3.ContainerFormat=ova | UnsupportedOperation
          CancelExportTask         | ExportTaskId=export-x                                  | InvalidExportTaskID.Malformed
          CancelExportTask         | ExportTaskId=export-ami-1234567890abcdef0              | InvalidExportTaskID.NotFound
          DescribeExportTasks      | ExportTaskId.1=export-i-1234567890abcdef0              | InvalidExportTaskID.NotFound
          DescribeExportTasks      | Filter.1.Name=x Filter.1.Value.1=y                     | InvalidParameterValue
          DescribeExportImageTasks | ExportImageTaskId.1=export-i-1                         | InvalidExportTaskID.Malformed
          DescribeExportImageTasks | MaxResults=501                                         | InvalidParameterValue
          DescribeExportImageTasks | NextToken=x                                            | InvalidNextToken
          """)
  void exportsAreCheckedWholeAndThenRefused(String action, String parameters, String code) {
    List<String> pairs = new ArrayList<>();
    if (parameters != null && !parameters.isBlank()) {
      for (String pair : parameters.trim().split(" +", -1)) {
        pairs.addAll(List.of(pair.split("=", 2)));
      }
    }

    service.call(action, pairs.toArray(String[]::new)).isError(code.trim());
  }

  @Test
  void aServiceThatFailsIsNotTheCallersFault() {
    service
        .tasks
        .faults()
        .failNext("list", new VmferryException(ErrorCode.SERVICE_THROTTLED, "slow"));
    service.call("DescribeImportImageTasks").isError(503, "RequestLimitExceeded");
  }
}
