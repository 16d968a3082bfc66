package io.vmferry.infra.construct;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.iam.PolicyStatement;
import software.amazon.awscdk.services.kms.IKey;
import software.amazon.awscdk.services.s3.IBucket;

/**
 * What the functions may do, in pieces: each method is one statement, as narrow as the service
 * allows.
 */
final class Permissions {
  /** Marks what a task makes: snapshots and images. See {@code SnapshotStore.TASK_TAG}. */
  private static final String TASK_TAG = "vmferry:task";

  /** Keys of what a task keeps for itself. */
  private static final String TASKS = "tasks/*";

  /** Keys of what was uploaded for one task. */
  private static final String UPLOADS = ImportFunctions.UPLOADS + "*";

  private final TaskStorage storage;
  private final List<IBucket> sources;
  private final List<String> imageKeys;
  private final List<String> agents;
  private final Stack stack;
  private final String machine;

  /**
   * The permissions in a stack.
   *
   * @param machine the name of the state machine of imports
   */
  Permissions(VmImportExportProps props, TaskStorage storage, Stack stack, String machine) {
    this.storage = storage;
    this.sources =
        Stream.concat(Stream.of(storage.images()), props.sourceBuckets().stream()).toList();
    this.imageKeys = props.imageKeys().stream().map(IKey::getKeyArn).toList();
    this.agents = props.agentLocations();
    this.stack = stack;
    this.machine = machine;
  }

  private static PolicyStatement allow(List<String> actions, List<String> resources) {
    return PolicyStatement.Builder.create().actions(actions).resources(resources).build();
  }

  private static PolicyStatement allowIf(
      List<String> actions, List<String> resources, Map<String, Object> conditions) {
    return PolicyStatement.Builder.create()
        .actions(actions)
        .resources(resources)
        .conditions(conditions)
        .build();
  }

  private static List<String> prefixed(String service, String... operations) {
    return Arrays.stream(operations).map(operation -> service + ":" + operation).toList();
  }

  /** Operations on the items of the table. */
  PolicyStatement table(String... operations) {
    return allow(prefixed("dynamodb", operations), List.of(storage.tasks().getTableArn()));
  }

  /** Queries of indexes. */
  PolicyStatement indexes(String... names) {
    return allow(
        List.of("dynamodb:Query"),
        Arrays.stream(names)
            .map(name -> storage.tasks().getTableArn() + "/index/" + name)
            .toList());
  }

  /** Reads sources: the images, the other buckets, what was uploaded or copied for a task. */
  PolicyStatement readSources() {
    List<String> objects = new ArrayList<>();
    sources.forEach(bucket -> objects.add(bucket.arnForObjects("*")));
    objects.add(storage.work().arnForObjects(TASKS));
    objects.add(storage.work().arnForObjects(UPLOADS));
    return allow(List.of("s3:GetObject"), objects);
  }

  /**
   * Lets S3 say that an object of a source is not there. Without it the answer is "access denied",
   * whatever the reason.
   */
  PolicyStatement tellMissingSources() {
    return allow(
        List.of("s3:ListBucket"),
        Stream.concat(sources.stream(), Stream.of(storage.work()))
            .map(IBucket::getBucketArn)
            .toList());
  }

  /** Reads what a task keeps, and the packages of agents. */
  PolicyStatement readAgents() {
    return allow(List.of("s3:GetObject"), agents.stream().map(this::objectArn).toList());
  }

  /** Whether there are any packages of agents to read. */
  boolean hasAgents() {
    return !agents.isEmpty();
  }

  private String objectArn(String location) {
    return "arn:" + stack.getPartition() + ":s3:::" + location.substring("s3://".length());
  }

  /** Operations on what a task keeps in the work bucket. */
  PolicyStatement taskObjects(String... operations) {
    return allow(prefixed("s3", operations), List.of(storage.work().arnForObjects(TASKS)));
  }

  /** Lists what a task keeps. */
  PolicyStatement listTaskObjects() {
    return listWork("s3:ListBucket", List.of(TASKS));
  }

  private PolicyStatement listWork(String action, List<String> prefixes) {
    return allowIf(
        List.of(action),
        List.of(storage.work().getBucketArn()),
        Map.of("StringLike", Map.of("s3:prefix", prefixes)));
  }

  /** Removes all that tasks and uploads for tasks have in the work bucket. */
  List<PolicyStatement> removeObjects() {
    return List.of(
        allow(
            List.of("s3:DeleteObject", "s3:AbortMultipartUpload"),
            List.of(
                storage.work().arnForObjects(TASKS), storage.work().arnForObjects(UPLOADS))),
        listWork("s3:ListBucket", List.of(TASKS, UPLOADS)),
        listWork("s3:ListBucketMultipartUploads", List.of(TASKS, UPLOADS)));
  }

  private String ec2(String resource) {
    // Snapshots and images have no account in their ARN.
    return "arn:%s:ec2:%s::%s/*".formatted(stack.getPartition(), stack.getRegion(), resource);
  }

  private static Map<String, Object> ours(String key) {
    return Map.of("Null", Map.of(key + "/" + TASK_TAG, "false"));
  }

  /** Starts snapshots that bear a task's tag. */
  List<PolicyStatement> startSnapshot() {
    return withKeys(
        allowIf(
            List.of("ebs:StartSnapshot"), List.of(ec2("snapshot")), ours("aws:RequestTag")));
  }

  /** Writes to snapshots of ours, or completes them. */
  List<PolicyStatement> ownSnapshots(String action) {
    return withKeys(
        allowIf(List.of(action), List.of(ec2("snapshot")), ours("aws:ResourceTag")));
  }

  /** What the guide asks for where snapshots or sources are encrypted with a key of the user's. */
  private List<PolicyStatement> withKeys(PolicyStatement statement) {
    if (imageKeys.isEmpty()) {
      return List.of(statement);
    }
    return List.of(
        statement,
        allow(
            List.of(
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:Encrypt",
                "kms:GenerateDataKey*",
                "kms:ReEncrypt*"),
            imageKeys),
        // EBS keeps a grant for the snapshot; nobody else may be given one.
        allowIf(
            List.of("kms:CreateGrant"),
            imageKeys,
            Map.of("Bool", Map.of("kms:GrantIsForAWSResource", "true"))));
  }

  /** Finds snapshots or images. */
  PolicyStatement describe(String... operations) {
    // EC2 lets no Describe action be limited to resources.
    return allow(prefixed("ec2", operations), List.of("*"));
  }

  /** Registers images of our snapshots that bear a task's tag. */
  List<PolicyStatement> registerImage() {
    return List.of(
        allowIf(List.of("ec2:RegisterImage"), List.of(ec2("image")), ours("aws:RequestTag")),
        allowIf(List.of("ec2:RegisterImage"), List.of(ec2("snapshot")), ours("aws:ResourceTag")),
        allowIf(
            List.of("ec2:CreateTags"),
            List.of(ec2("image")),
            Map.of("StringEquals", Map.of("ec2:CreateAction", "RegisterImage"))));
  }

  /** Deletes snapshots and deregisters images of ours. */
  PolicyStatement removeImages() {
    return allowIf(
        List.of("ec2:DeleteSnapshot", "ec2:DeregisterImage"),
        List.of(ec2("snapshot"), ec2("image")),
        ours("aws:ResourceTag"));
  }

  /** Starts imports. */
  PolicyStatement startExecution() {
    return allow(List.of("states:StartExecution"), List.of(machineArn(stack, machine)));
  }

  /** Operations on the executions of imports. */
  PolicyStatement executions(String... operations) {
    return allow(
        prefixed("states", operations), List.of(statesArn(stack, "execution", machine + ":*")));
  }

  /** The ARN of a state machine. */
  static String machineArn(Stack stack, String machine) {
    return statesArn(stack, "stateMachine", machine);
  }

  private static String statesArn(Stack stack, String resource, String name) {
    return "arn:%s:states:%s:%s:%s:%s"
        .formatted(stack.getPartition(), stack.getRegion(), stack.getAccount(), resource, name);
  }
}
