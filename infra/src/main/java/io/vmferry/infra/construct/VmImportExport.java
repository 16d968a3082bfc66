package io.vmferry.infra.construct;

import software.amazon.awscdk.Stack;
import software.amazon.awscdk.Tags;
import software.amazon.awscdk.services.iam.PermissionsBoundary;
import software.constructs.Construct;

/**
 * vmferry in an account: functions, state machine, and, where none is given, what tasks are kept
 * in.
 *
 * <pre>{@code
 * new VmImportExport(this, "Vmferry",
 *     VmImportExportProps.builder(
 *             Code.fromAsset("functions/target/vmferry-functions.zip"),
 *             DockerImageCode.fromImageAsset("functions/target/image"))
 *         .sourceBuckets(List.of(images))
 *         .build());
 * }</pre>
 */
public final class VmImportExport extends Construct {
  private static final int ADDRESS = 8;

  private final TaskStorage storage;
  private final ImportFunctions functions;
  private final ImportWorkflow workflow;

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
        "%s-import-%s".formatted(stack.getStackName(), getNode().getAddr().substring(2, 2 + ADDRESS));
    Permissions permissions = new Permissions(props, storage, stack, name);
    functions =
        new ImportFunctions(
            this,
            "Functions",
            props,
            storage,
            Permissions.machineArn(stack, name),
            new FunctionCatalog(permissions).functions());
    workflow = new ImportWorkflow(this, "Import", name, props, storage, functions);
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
  public software.amazon.awscdk.services.lambda.IFunction startImport() {
    return functions.get("StartImport");
  }
}
