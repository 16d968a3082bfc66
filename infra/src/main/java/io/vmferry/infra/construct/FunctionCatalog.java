package io.vmferry.infra.construct;

import io.vmferry.infra.construct.FunctionSpec.Packaging;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import software.amazon.awscdk.services.iam.PolicyStatement;

/**
 * All functions: their sizes and what each may do.
 *
 * <p>Memory buys processor time as well. What reads and writes disks gets {@value #WORK} MiB, a
 * whole vCPU: with less, decompression and SHA-256 are what limits it, with more a second core
 * waits for S3 and EBS. What calls a few services only gets {@value #CONTROL} MiB, which its time
 * is limited by waiting with; below that, starting takes longer than working.
 */
final class FunctionCatalog {
  private static final int WORK = 1769;
  private static final int CONTROL = 1024;

  /** libguestfs' appliance takes half of it, and emulates its processor. */
  private static final int GUEST = 3008;

  private static final int LONGEST = 900;
  private static final int SHORT = 60;

  private final Permissions may;

  FunctionCatalog(Permissions may) {
    this.may = may;
  }

  /** Every function. */
  List<FunctionSpec> functions() {
    List<FunctionSpec> all = new ArrayList<>(beginning());
    all.addAll(working());
    all.addAll(ending());
    return all;
  }

  private List<FunctionSpec> beginning() {
    return List.of(
        new FunctionSpec(
            "StartImport",
            "Accepts an import and starts its execution",
            Packaging.ZIP,
            CONTROL,
            SHORT,
            true,
            all(
                may.table("DeleteItem", "GetItem", "PutItem", "Query"),
                may.indexes(TaskStorage.ACTIVE),
                may.startExecution())),
        new FunctionSpec(
            "Validate",
            "Looks at the headers of an import's disks",
            Packaging.ZIP,
            WORK,
            LONGEST,
            false,
            all(
                may.table("GetItem", "PutItem", "Query", "UpdateItem"),
                may.readSources(),
                may.tellMissingSources(),
                may.taskObjects("PutObject"))),
        new FunctionSpec(
            "DownloadRange",
            "Copies a range of a file from a web server",
            Packaging.ZIP,
            CONTROL,
            LONGEST,
            false,
            all(may.table("GetItem"), may.taskObjects("PutObject"))),
        new FunctionSpec(
            "Plan",
            "Plans the chunks of an import and starts its snapshots",
            Packaging.ZIP,
            WORK,
            LONGEST,
            false,
            all(
                may.startSnapshot(),
                may.table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
                may.readSources(),
                may.tellMissingSources(),
                may.taskObjects("PutObject", "ListMultipartUploadParts"))));
  }

  private List<FunctionSpec> working() {
    return List.of(
        new FunctionSpec(
            "ConvertChunk",
            "Converts a chunk of a disk into blocks of a snapshot",
            Packaging.ZIP,
            WORK,
            LONGEST,
            false,
            all(
                may.ownSnapshots("ebs:PutSnapshotBlock"),
                may.table("GetItem", "PutItem"),
                may.readSources(),
                may.tellMissingSources(),
                may.taskObjects("PutObject"))),
        new FunctionSpec(
            "VerifyManifest",
            "Compares a file of an OVA with its manifest",
            Packaging.ZIP,
            WORK,
            LONGEST,
            false,
            all(may.table("GetItem"), may.readSources())),
        new FunctionSpec(
            "ModifyOs",
            "Makes the guest boot on EC2",
            Packaging.IMAGE,
            GUEST,
            LONGEST,
            false,
            modifyOs()),
        new FunctionSpec(
            "ApplyChanges",
            "Writes what was changed in the guest over its snapshots",
            Packaging.ZIP,
            WORK,
            LONGEST,
            false,
            all(
                may.ownSnapshots("ebs:PutSnapshotBlock"),
                may.table("GetItem", "PutItem", "Query", "UpdateItem"),
                may.readSources(),
                may.tellMissingSources(),
                may.taskObjects("PutObject"))));
  }

  private List<PolicyStatement> modifyOs() {
    List<PolicyStatement> statements =
        new ArrayList<>(
            all(
                may.table("GetItem", "PutItem", "Query", "UpdateItem"),
                may.readSources(),
                may.taskObjects("PutObject", "DeleteObject"),
                may.listTaskObjects()));
    if (may.hasAgents()) {
      statements.add(may.readAgents());
    }
    return statements;
  }

  private List<FunctionSpec> ending() {
    return List.of(
        new FunctionSpec(
            "CompleteSnapshots",
            "Completes the snapshots of an import",
            Packaging.ZIP,
            CONTROL,
            LONGEST,
            false,
            all(
                may.ownSnapshots("ebs:CompleteSnapshot"),
                may.table("GetItem", "PutItem", "Query", "UpdateItem"),
                may.describe("DescribeSnapshots"),
                may.taskObjects("GetObject"))),
        new FunctionSpec(
            "CheckSnapshots",
            "Tells whether the snapshots of an import are ready",
            Packaging.ZIP,
            CONTROL,
            SHORT,
            false,
            all(may.table("GetItem"), may.describe("DescribeSnapshots"))),
        new FunctionSpec(
            "Register",
            "Registers the image and ends the task",
            Packaging.ZIP,
            CONTROL,
            LONGEST,
            false,
            all(
                may.registerImage(),
                may.removeObjects(),
                may.table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
                may.describe("DescribeImages"),
                may.removeImages())),
        new FunctionSpec(
            "NoteFailure",
            "Notes why a part of an import failed",
            Packaging.ZIP,
            CONTROL,
            SHORT,
            false,
            all(may.table("GetItem", "PutItem", "Query", "UpdateItem"))),
        new FunctionSpec(
            "Cleanup",
            "Removes what a failed or cancelled import has made",
            Packaging.ZIP,
            CONTROL,
            LONGEST,
            false,
            all(
                may.removeObjects(),
                may.table("DeleteItem", "GetItem", "PutItem", "Query", "UpdateItem"),
                may.describe("DescribeImages", "DescribeSnapshots"),
                may.removeImages())));
  }

  private static List<PolicyStatement> all(PolicyStatement... statements) {
    return List.of(statements);
  }

  private static List<PolicyStatement> all(
      List<PolicyStatement> first, PolicyStatement... others) {
    List<PolicyStatement> all = new ArrayList<>(first);
    all.addAll(Arrays.asList(others));
    return all;
  }

  private static List<PolicyStatement> all(
      List<PolicyStatement> first, List<PolicyStatement> second, PolicyStatement... others) {
    List<PolicyStatement> all = new ArrayList<>(first);
    all.addAll(all(second, others));
    return all;
  }
}
