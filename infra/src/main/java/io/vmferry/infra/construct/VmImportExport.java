package io.vmferry.infra.construct;

import io.github.cdklabs.cdknag.NagPackSuppression;
import io.github.cdklabs.cdknag.NagSuppressions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.Tags;
import software.amazon.awscdk.services.ecr.assets.DockerImageAsset;
import software.amazon.awscdk.services.ecr.assets.Platform;
import software.amazon.awscdk.services.iam.IManagedPolicy;
import software.amazon.awscdk.services.iam.PermissionsBoundary;
import software.amazon.awscdk.services.lambda.IFunction;
import software.amazon.awscdk.services.sqs.Queue;
import software.amazon.awscdk.services.sqs.QueueEncryption;
import software.constructs.Construct;

/**
 * vmferry in an account: functions, state machine, and, where none is given, what tasks are kept
 * in.
 *
 * <pre>{@code
 * new VmImportExport(this, "Vmferry",
 *     VmImportExportProps.builder(
 *             Code.fromAsset("functions/target/vmferry-functions.zip"),
 *             "functions/target/image")
 *         .sourceBuckets(List.of(images))
 *         .build());
 * }</pre>
 */
public final class VmImportExport extends Construct {
  private static final int ADDRESS = 8;
  private static final int EVENT_DAYS = 14;

  private final TaskStorage storage;
  private final ImportFunctions functions;
  private final ImportWorkflow workflow;
  private final Access access;

  /** Deploys it as the props say. */
  public VmImportExport(Construct scope, String id, VmImportExportProps props) {
    super(scope, id);
    props.permissionsBoundary().ifPresent(b -> PermissionsBoundary.of(this).apply(b));
    props.tags().forEach((name, value) -> Tags.of(this).add(name, value));
    storage =
        props
            .storage()
            .orElseGet(
                () ->
                    new TaskStorage(
                        this,
                        "Storage",
                        props.imagesBucket(),
                        props.encryptionKey(),
                        props.logRetentionDays()));
    Stack stack = Stack.of(this);
    // Functions that the machine calls start and stop executions of it: its ARN must be known
    // before it is made. The stack's name and the construct's place make it the only one.
    String name =
        "%s-import-%s"
            .formatted(stack.getStackName(), getNode().getAddr().substring(2, 2 + ADDRESS));
    String machineArn = Permissions.machineArn(stack, name);
    Queue failedEvents = failedEvents();
    Permissions permissions = new Permissions(props, storage, stack, name, failedEvents);
    FunctionCatalog catalog = new FunctionCatalog(permissions);
    DockerImageAsset image =
        DockerImageAsset.Builder.create(this, "Image")
            .directory(props.imageDirectory())
            .platform(Platform.LINUX_AMD64)
            .build();
    functions =
        new ImportFunctions(
            this, "Functions", props, storage, machineArn, image, catalog.functions());
    Optional<ConvertContainer> container =
        props
            .fargate()
            .map(
                size ->
                    new ConvertContainer(
                        this,
                        "Container",
                        props,
                        size,
                        image,
                        functions.commonEnvironment(),
                        Stream.concat(catalog.container().stream(), storage.useOfKey().stream())
                            .toList()));
    workflow = new ImportWorkflow(this, "Import", name, props, storage, functions, container);
    new Triggers(this, "Triggers", storage, functions, machineArn, failedEvents);
    access = new Access(this, "Access", storage, functions.get("Api"));
    new Monitoring(this, "Monitoring", props.alarmActions(), machineArn, failedEvents);
  }

  /** Takes events that a function could not handle, for someone to look at. */
  private Queue failedEvents() {
    Queue queue =
        Queue.Builder.create(this, "FailedEvents")
            .encryption(QueueEncryption.SQS_MANAGED)
            .enforceSsl(true)
            .retentionPeriod(Duration.days(EVENT_DAYS))
            .build();
    NagSuppressions.addResourceSuppressions(
        queue,
        List.of(
            NagPackSuppression.builder()
                .id("AwsSolutions-SQS3")
                .reason("It is the queue of the dead letters.")
                .build()));
    return queue;
  }

  /** What tasks are kept in. */
  public TaskStorage storage() {
    return storage;
  }

  /** The ARN of the state machine of imports. */
  public String importStateMachineArn() {
    return workflow.arn();
  }

  /** The function that accepts imports. */
  public IFunction startImport() {
    return functions.get("StartImport");
  }

  /** The URL of the API, which takes requests with a signature only. */
  public String apiUrl() {
    return access.url();
  }

  /** What those need who import: to upload images and to call the API. */
  public IManagedPolicy callerPolicy() {
    return access.policy();
  }
}
