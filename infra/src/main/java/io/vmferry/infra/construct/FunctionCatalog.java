package io.vmferry.infra.construct;

import io.vmferry.infra.construct.FunctionSpec.Told;
import java.util.List;
import java.util.stream.Stream;

/**
 * All functions: their sizes and what each may do.
 *
 * <p>Memory buys processor time as well. What reads and writes disks gets {@value #WORK} MiB, a
 * whole vCPU: with less, decompression and SHA-256 are what limits it, with more a second core
 * waits for S3 and EBS. What only calls services gets {@value #CONTROL} MiB: it waits most of its
 * time, and with less its start takes longer than its work.
 */
final class FunctionCatalog {
  private static final int WORK = 1769;
  private static final int CONTROL = 1024;

  /** libguestfs' appliance takes half of it, and emulates its processor. */
  private static final int GUEST = 3008;

  private static final int LONGEST = 900;
  private static final int SHORT = 60;
  private static final int ANSWER = 30;

  private final Permissions may;

  FunctionCatalog(Permissions may) {
    this.may = may;
  }

  /** Every function. */
  List<FunctionSpec> functions() {
    return Stream.of(requests(), beginning(), working(), ending(), around())
        .flatMap(List::stream)
        .toList();
  }

  /** What the container may do: the work of ConvertChunk, DownloadRange and NoteFailure. */
  List<Permission> container() {
    return List.of(
        may.ownSnapshots("PutSnapshotBlock"),
        may.removeObjects(),
        may.describe("DescribeImages", "DescribeSnapshots"),
        may.removeImages(),
        may.table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
        may.readSources(),
        may.lookAtSources(),
        may.taskObjects("PutObject", "ListMultipartUploadParts"));
  }

  private List<FunctionSpec> requests() {
    return List.of(
        FunctionSpec.zip(
                "Api",
                "Answers the Query API of EC2 for imports and exports",
                CONTROL,
                ANSWER,
                may.table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
                may.indexes(TaskStorage.ACTIVE, TaskStorage.BY_KIND),
                may.lookAtSources(),
                may.listSnapshots(),
                may.describe("DescribeSnapshots"),
                may.startExecution(),
                may.executions("DescribeExecution", "RedriveExecution", "StopExecution"))
            .telling(Told.MACHINE, Told.COMPUTE),
        FunctionSpec.zip(
                "StartImport",
                "Accepts an import and starts its execution",
                CONTROL,
                SHORT,
                may.table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
                may.indexes(TaskStorage.ACTIVE),
                may.startExecution(),
                may.executions("DescribeExecution", "RedriveExecution", "StopExecution"))
            .telling(Told.MACHINE, Told.COMPUTE),
        FunctionSpec.zip(
                "UploadTrigger",
                "Starts the import of an uploaded object",
                CONTROL,
                SHORT,
                may.table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
                may.indexes(TaskStorage.ACTIVE),
                may.readSources(),
                may.lookAtSources(),
                may.writeResults(),
                may.tell(),
                may.keepFailedEvents(),
                may.startExecution(),
                may.executions("DescribeExecution", "RedriveExecution", "StopExecution"))
            .telling(Told.MACHINE, Told.COMPUTE, Told.EVENTS));
  }

  private List<FunctionSpec> beginning() {
    return List.of(
        FunctionSpec.zip(
                "Validate",
                "Looks at the headers of the disks of an import",
                WORK,
                LONGEST,
                may.removeObjects(),
                may.describe("DescribeImages", "DescribeSnapshots"),
                may.removeImages(),
                may.table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
                may.readSources(),
                may.lookAtSources(),
                may.taskObjects("PutObject"))
            .telling(Told.COMPUTE),
        FunctionSpec.zip(
            "DownloadRange",
            "Copies a range of a file from a web server",
            CONTROL,
            LONGEST,
            may.removeObjects(),
            may.describe("DescribeImages", "DescribeSnapshots"),
            may.removeImages(),
            may.table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            may.taskObjects("PutObject", "ListMultipartUploadParts")),
        FunctionSpec.zip(
                "Plan",
                "Plans the chunks of an import and starts its snapshots",
                WORK,
                LONGEST,
                may.startSnapshot(),
                may.removeObjects(),
                may.describe("DescribeImages", "DescribeSnapshots"),
                may.removeImages(),
                may.table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
                may.readSources(),
                may.lookAtSources(),
                may.taskObjects("PutObject", "ListMultipartUploadParts"))
            .telling(Told.COMPUTE));
  }

  private List<FunctionSpec> working() {
    return List.of(
        FunctionSpec.zip(
            "ConvertChunk",
            "Converts a chunk of a disk into blocks of a snapshot",
            WORK,
            LONGEST,
            may.ownSnapshots("PutSnapshotBlock"),
            may.removeObjects(),
            may.describe("DescribeImages", "DescribeSnapshots"),
            may.removeImages(),
            may.table("DeleteItem", "GetItem", "PutItem", "Query"),
            may.readSources(),
            may.lookAtSources(),
            may.taskObjects("PutObject")),
        FunctionSpec.zip(
            "VerifyManifest",
            "Compares a file of an OVA with its manifest",
            WORK,
            LONGEST,
            may.table("GetItem", "PutItem"),
            may.readSources()),
        FunctionSpec.zip(
                "ModifyOs",
                "Makes the guest boot on EC2",
                GUEST,
                LONGEST,
                may.removeObjects(),
                may.describe("DescribeImages", "DescribeSnapshots"),
                may.removeImages(),
                may.table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
                may.readSources(),
                may.readAgents(),
                may.taskObjects("PutObject", "DeleteObject"),
                may.listTaskObjects())
            .asImage(),
        FunctionSpec.zip(
            "ApplyChanges",
            "Writes what was changed in the guest over its snapshots",
            WORK,
            LONGEST,
            may.ownSnapshots("PutSnapshotBlock"),
            may.removeObjects(),
            may.describe("DescribeImages", "DescribeSnapshots"),
            may.removeImages(),
            may.table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
            may.readSources(),
            may.lookAtSources(),
            may.taskObjects("PutObject")));
  }

  private List<FunctionSpec> ending() {
    return List.of(
        FunctionSpec.zip(
            "CompleteSnapshots",
            "Completes the snapshots of an import",
            CONTROL,
            LONGEST,
            may.ownSnapshots("CompleteSnapshot"),
            may.table("GetItem", "PutItem", "Query", "UpdateItem"),
            may.describe("DescribeSnapshots"),
            may.taskObjects("GetObject")),
        FunctionSpec.zip(
            "CheckSnapshots",
            "Tells whether the snapshots of an import are ready",
            CONTROL,
            SHORT,
            may.table("GetItem", "PutItem"),
            may.describe("DescribeSnapshots")),
        FunctionSpec.zip(
                "Register",
                "Registers the image and ends the task",
                CONTROL,
                LONGEST,
                may.registerImage(),
                may.removeObjects(),
                may.table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
                may.indexes(TaskStorage.ACTIVE),
                may.describe("DescribeImages", "DescribeSnapshots"),
                may.removeImages(),
                may.startExecution(),
                may.executions("DescribeExecution", "RedriveExecution", "StopExecution"))
            .telling(Told.MACHINE),
        FunctionSpec.zip(
            "NoteFailure",
            "Notes why a part of an import failed",
            CONTROL,
            SHORT,
            may.table("GetItem", "PutItem", "Query", "UpdateItem")),
        FunctionSpec.zip(
                "Cleanup",
                "Removes what a failed or cancelled import has made",
                CONTROL,
                LONGEST,
                may.removeObjects(),
                may.table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
                may.indexes(TaskStorage.ACTIVE),
                may.describe("DescribeImages", "DescribeSnapshots"),
                may.removeImages(),
                may.startExecution(),
                may.executions("DescribeExecution", "RedriveExecution", "StopExecution"))
            .telling(Told.MACHINE));
  }

  private List<FunctionSpec> around() {
    return List.of(
        FunctionSpec.zip(
                "CancelTask",
                "Ends a task and removes what it has made",
                CONTROL,
                LONGEST,
                may.removeObjects(),
                may.table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
                may.indexes(TaskStorage.ACTIVE),
                may.describe("DescribeImages", "DescribeSnapshots"),
                may.removeImages(),
                may.startExecution(),
                may.executions("DescribeExecution", "RedriveExecution", "StopExecution"))
            .telling(Told.MACHINE),
        FunctionSpec.zip(
                "RetryTask",
                "Lets a failed task go on where it was",
                CONTROL,
                SHORT,
                may.table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
                may.indexes(TaskStorage.ACTIVE),
                may.taskObjects("GetObject"),
                may.listSnapshots(),
                may.lookAtSources(),
                may.describe("DescribeSnapshots"),
                may.startExecution(),
                may.executions("DescribeExecution", "RedriveExecution", "StopExecution"))
            .telling(Told.MACHINE),
        FunctionSpec.zip(
                "ResumeTask",
                "Begins the next attempt of a task whose run has failed",
                CONTROL,
                SHORT,
                may.table("GetItem", "PutItem", "Query", "UpdateItem"),
                may.indexes(TaskStorage.ACTIVE),
                may.taskObjects("GetObject"),
                may.listSnapshots(),
                may.lookAtSources(),
                may.describe("DescribeSnapshots"))
            .telling(Told.MACHINE),
        FunctionSpec.zip(
                "Announce",
                "Tells of tasks: events, results beside uploads, messages",
                CONTROL,
                SHORT,
                may.table("GetItem", "PutItem", "Query"),
                may.followTable(),
                may.readResults(),
                may.writeResults(),
                may.tell(),
                may.keepFailedEvents())
            .telling(Told.EVENTS),
        FunctionSpec.zip(
                "CleanupEvent",
                "Removes what an import has made whose execution failed, timed out or was aborted",
                CONTROL,
                LONGEST,
                may.removeObjects(),
                may.table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
                may.indexes(TaskStorage.ACTIVE),
                may.describe("DescribeImages", "DescribeSnapshots"),
                may.removeImages(),
                may.keepFailedEvents(),
                may.startExecution(),
                may.executions("DescribeExecution", "RedriveExecution", "StopExecution"))
            .telling(Told.MACHINE),
        FunctionSpec.zip(
                "Sweep",
                "Removes what ended tasks have left behind",
                CONTROL,
                LONGEST,
                may.removeObjects(),
                may.table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
                may.indexes(TaskStorage.ACTIVE, TaskStorage.BY_KIND),
                may.describe("DescribeImages", "DescribeSnapshots"),
                may.removeImages(),
                may.keepFailedEvents(),
                may.startExecution(),
                may.executions("DescribeExecution", "RedriveExecution", "StopExecution"))
            .telling(Told.MACHINE));
  }
}
