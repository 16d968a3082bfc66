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
import software.amazon.awscdk.services.sqs.IQueue;

/** What the functions may do, in pieces, each as narrow as the service allows. */
final class Permissions {
  /** Marks what a task makes: snapshots and images. See {@code SnapshotStore.TASK_TAG}. */
  private static final String TASK_TAG = "vmferry:task";

  /** Keys of what a task keeps for itself. */
  private static final String TASKS = "tasks/*";

  /** Keys of what was uploaded for one task. */
  private static final String UPLOADS = ImportFunctions.UPLOADS + "*";

  private static final String IN_OUR_BUCKET =
      "Objects of tasks have the tasks' ids in their keys, below these prefixes.";
  private static final String OF_OUR_TAG =
      "Snapshots and images get their ids when they are made; the condition on the tag limits them to those of tasks.";

  private final VmImportExportProps props;
  private final TaskStorage storage;
  private final List<IBucket> sources;
  private final List<String> imageKeys;
  private final Stack stack;
  private final String machine;
  private final IQueue failedEvents;

  /**
   * The permissions in a stack.
   *
   * @param machine the name of the state machine of imports
   * @param failedEvents takes the events that could not be handled
   */
  Permissions(
      VmImportExportProps props,
      TaskStorage storage,
      Stack stack,
      String machine,
      IQueue failedEvents) {
    this.props = props;
    this.storage = storage;
    this.sources =
        Stream.concat(Stream.of(storage.images()), props.sourceBuckets().stream()).toList();
    this.imageKeys = props.imageKeys().stream().map(IKey::getKeyArn).toList();
    this.stack = stack;
    this.machine = machine;
    this.failedEvents = failedEvents;
  }

  static PolicyStatement allow(List<String> actions, List<String> resources) {
    return PolicyStatement.Builder.create().actions(actions).resources(resources).build();
  }

  static PolicyStatement allowIf(
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
  Permission table(String... operations) {
    return Permission.exact(
        allow(prefixed("dynamodb", operations), List.of(storage.tasks().getTableArn())));
  }

  /** Queries of indexes. */
  Permission indexes(String... names) {
    return Permission.exact(
        allow(
            List.of("dynamodb:Query"),
            Arrays.stream(names)
                .map(name -> storage.tasks().getTableArn() + "/index/" + name)
                .toList()));
  }

  /** Lets Lambda read the changes of the table for a function. */
  Permission followTable() {
    return Permission.because(
        "Streams cannot be listed for one table only.",
        allow(
            prefixed("dynamodb", "DescribeStream", "GetRecords", "GetShardIterator"),
            List.of(String.valueOf(storage.tasks().getTableStreamArn()))),
        allow(List.of("dynamodb:ListStreams"), List.of("*")));
  }

  /** Reads sources: images, objects of other buckets, what a task has copied, snapshots. */
  Permission readSources() {
    List<String> objects = new ArrayList<>();
    sources.forEach(bucket -> objects.add(bucket.arnForObjects("*")));
    objects.add(storage.work().arnForObjects(TASKS));
    objects.add(storage.work().arnForObjects(UPLOADS));
    List<PolicyStatement> statements = new ArrayList<>();
    statements.add(allow(List.of("s3:GetObject"), objects));
    statements.add(
        allow(prefixed("ebs", "GetSnapshotBlock", "ListSnapshotBlocks"), List.of(ec2("snapshot"))));
    if (!imageKeys.isEmpty()) {
      statements.add(allow(prefixed("kms", "Decrypt", "DescribeKey"), imageKeys));
    }
    return Permission.because(
        "Any object of the buckets that were named, and any snapshot, may be the source of an import.",
        statements.toArray(PolicyStatement[]::new));
  }

  /** Lists what a snapshot that is to be a source holds. */
  Permission listSnapshots() {
    return Permission.because(
        "Any snapshot may be the source of an import.",
        allow(List.of("ebs:ListSnapshotBlocks"), List.of(ec2("snapshot"))));
  }

  /**
   * Asks for the sizes of sources. Without the permission to list, S3 says "access denied" of what
   * is not there, whatever the reason.
   */
  Permission lookAtSources() {
    List<String> objects = new ArrayList<>();
    sources.forEach(bucket -> objects.add(bucket.arnForObjects("*")));
    return Permission.because(
        "Any object of the buckets that were named may be the source of an import.",
        allow(List.of("s3:GetObject"), objects),
        allow(
            List.of("s3:ListBucket"),
            Stream.concat(sources.stream(), Stream.of(storage.work()))
                .map(IBucket::getBucketArn)
                .toList()));
  }

  /** Reads packages of agents and drivers. */
  Permission readAgents() {
    List<String> objects =
        props.agentLocations().stream()
            .map(
                location ->
                    "arn:%s:s3:::%s"
                        .formatted(stack.getPartition(), location.substring("s3://".length())))
            .toList();
    return objects.isEmpty()
        ? Permission.exact()
        : Permission.because(
            "Where agents are is said with a wildcard by whoever deploys.",
            allow(List.of("s3:GetObject"), objects));
  }

  /** Operations on what a task keeps in the work bucket. */
  Permission taskObjects(String... operations) {
    return Permission.because(
        IN_OUR_BUCKET,
        allow(prefixed("s3", operations), List.of(storage.work().arnForObjects(TASKS))));
  }

  /** Lists what a task keeps. */
  Permission listTaskObjects() {
    return Permission.exact(listWork("s3:ListBucket", List.of(TASKS)));
  }

  private PolicyStatement listWork(String action, List<String> prefixes) {
    return allowIf(
        List.of(action),
        List.of(storage.work().getBucketArn()),
        Map.of("StringLike", Map.of("s3:prefix", prefixes)));
  }

  /** Removes all that tasks and uploads for tasks have in the work bucket. */
  Permission removeObjects() {
    return Permission.because(
        IN_OUR_BUCKET,
        allow(
            prefixed("s3", "AbortMultipartUpload", "DeleteObject"),
            List.of(storage.work().arnForObjects(TASKS), storage.work().arnForObjects(UPLOADS))),
        listWork("s3:ListBucket", List.of(TASKS, UPLOADS)),
        // Unlike the listing of objects, this action knows no condition key s3:prefix.
        allow(List.of("s3:ListBucketMultipartUploads"), List.of(storage.work().getBucketArn())));
  }

  private String results() {
    return storage.images().arnForObjects(ImportFunctions.IMPORTS + "*.result.json");
  }

  /** Writes the results of imports beside what was uploaded. */
  Permission writeResults() {
    return Permission.because(
        "A result has the name of its upload.", allow(List.of("s3:PutObject"), List.of(results())));
  }

  /** Reads those results, and is told if there is none. */
  Permission readResults() {
    return Permission.because(
        "A result has the name of its upload.",
        allow(List.of("s3:GetObject"), List.of(results())),
        allowIf(
            List.of("s3:ListBucket"),
            List.of(storage.images().getBucketArn()),
            Map.of("StringLike", Map.of("s3:prefix", List.of(ImportFunctions.IMPORTS + "*")))));
  }

  /** Tells the event bus, and the topic if there is one, of tasks. */
  Permission tell() {
    List<PolicyStatement> statements = new ArrayList<>();
    statements.add(
        allow(
            List.of("events:PutEvents"),
            List.of(
                "arn:%s:events:%s:%s:event-bus/default"
                    .formatted(stack.getPartition(), stack.getRegion(), stack.getAccount()))));
    props
        .notificationTopic()
        .ifPresent(
            topic -> statements.add(allow(List.of("sns:Publish"), List.of(topic.getTopicArn()))));
    return Permission.exact(statements.toArray(PolicyStatement[]::new));
  }

  /** Lets Lambda keep the events that a function could not handle. */
  Permission keepFailedEvents() {
    return Permission.exact(allow(List.of("sqs:SendMessage"), List.of(failedEvents.getQueueArn())));
  }

  private String ec2(String resource) {
    // Snapshots and images have no account in their ARN.
    return "arn:%s:ec2:%s::%s/*".formatted(stack.getPartition(), stack.getRegion(), resource);
  }

  private static Map<String, Object> ours(String key) {
    return Map.of("Null", Map.of(key + "/" + TASK_TAG, "false"));
  }

  /** Starts snapshots that bear a task's tag. */
  Permission startSnapshot() {
    return withKeys(
        allowIf(List.of("ebs:StartSnapshot"), List.of(ec2("snapshot")), ours("aws:RequestTag")));
  }

  /** An operation of the EBS direct APIs on snapshots of ours. */
  Permission ownSnapshots(String operation) {
    return withKeys(
        allowIf(prefixed("ebs", operation), List.of(ec2("snapshot")), ours("aws:ResourceTag")));
  }

  /** What the guide asks for where snapshots or sources are encrypted with a key of the user's. */
  private Permission withKeys(PolicyStatement statement) {
    if (imageKeys.isEmpty()) {
      return Permission.because(OF_OUR_TAG, statement);
    }
    return Permission.because(
        OF_OUR_TAG + " The actions on keys are those that EBS documents.",
        statement,
        allow(
            prefixed("kms", "Decrypt", "DescribeKey", "Encrypt", "GenerateDataKey*", "ReEncrypt*"),
            imageKeys),
        // EBS keeps a grant for the snapshot; nobody else may be given one.
        allowIf(
            List.of("kms:CreateGrant"),
            imageKeys,
            Map.of("Bool", Map.of("kms:GrantIsForAWSResource", "true"))));
  }

  /** Finds snapshots or images. */
  Permission describe(String... operations) {
    return Permission.because(
        "EC2 lets no Describe action be limited to resources.",
        allow(prefixed("ec2", operations), List.of("*")));
  }

  /** Registers images of our snapshots that bear a task's tag. */
  Permission registerImage() {
    return Permission.because(
        OF_OUR_TAG,
        allowIf(List.of("ec2:RegisterImage"), List.of(ec2("image")), ours("aws:RequestTag")),
        allowIf(List.of("ec2:RegisterImage"), List.of(ec2("snapshot")), ours("aws:ResourceTag")),
        allowIf(
            List.of("ec2:CreateTags"),
            List.of(ec2("image")),
            Map.of("StringEquals", Map.of("ec2:CreateAction", "RegisterImage"))));
  }

  /** Deletes snapshots and deregisters images of ours. */
  Permission removeImages() {
    return Permission.because(
        OF_OUR_TAG,
        allowIf(
            prefixed("ec2", "DeleteSnapshot", "DeregisterImage"),
            List.of(ec2("snapshot"), ec2("image")),
            ours("aws:ResourceTag")));
  }

  /** Starts imports. */
  Permission startExecution() {
    return Permission.exact(
        allow(List.of("states:StartExecution"), List.of(machineArn(stack, machine))));
  }

  /** Operations on the executions of imports. */
  Permission executions(String... operations) {
    return Permission.because(
        "An execution is named as its task.",
        allow(
            prefixed("states", operations),
            List.of(statesArn(stack, "execution", machine + ":*"))));
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
