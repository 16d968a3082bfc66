package io.vmferry.infra.construct;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.Size;
import software.amazon.awscdk.services.ec2.SecurityGroup;
import software.amazon.awscdk.services.iam.PolicyDocument;
import software.amazon.awscdk.services.iam.PolicyStatement;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.iam.ServicePrincipal;
import software.amazon.awscdk.services.lambda.Alias;
import software.amazon.awscdk.services.lambda.Architecture;
import software.amazon.awscdk.services.lambda.CfnFunction;
import software.amazon.awscdk.services.lambda.DockerImageFunction;
import software.amazon.awscdk.services.lambda.Function;
import software.amazon.awscdk.services.lambda.IFunction;
import software.amazon.awscdk.services.lambda.Runtime;
import software.amazon.awscdk.services.lambda.SnapStartConf;
import software.amazon.awscdk.services.lambda.Tracing;
import software.amazon.awscdk.services.logs.LogGroup;
import software.constructs.Construct;

/** The functions, each with a log and a role of its own. */
final class ImportFunctions extends Construct {
  /** Keys of files that go with the task they were uploaded for, in the work bucket. */
  static final String UPLOADS = "uploads/";

  /** Names the Java class in the metadata of a function's resource. */
  static final String HANDLER = "vmferry:handler";

  /** MiB of {@code /tmp} for the guest's changes. */
  private static final int GUEST_STORAGE = 2048;

  private final VmImportExportProps props;
  private final TaskStorage storage;
  private final String machineArn;
  private final Map<String, IFunction> functions = new LinkedHashMap<>();

  ImportFunctions(
      Construct scope,
      String id,
      VmImportExportProps props,
      TaskStorage storage,
      String machineArn,
      List<FunctionSpec> specs) {
    super(scope, id);
    this.props = props;
    this.storage = storage;
    this.machineArn = machineArn;
    for (FunctionSpec spec : specs) {
      functions.put(spec.id(), make(spec));
    }
  }

  /** What is to be invoked, by the functions' ids: the alias of the published version if any. */
  Map<String, IFunction> all() {
    return functions;
  }

  /** The function with that id. */
  IFunction get(String id) {
    IFunction function = functions.get(id);
    if (function == null) {
      throw new IllegalArgumentException("there is no function " + id);
    }
    return function;
  }

  private IFunction make(FunctionSpec spec) {
    Construct scope = new Construct(this, spec.id());
    LogGroup log = Logs.keptFor(props.logRetentionDays(), scope);
    Role role = role(scope, spec, log);
    return switch (spec.packaging()) {
      case ZIP -> zipFunction(scope, spec, log, role);
      case IMAGE -> imageFunction(scope, spec, log, role);
    };
  }

  private Role role(Construct scope, FunctionSpec spec, LogGroup log) {
    List<PolicyStatement> statements = new ArrayList<>(spec.permissions());
    statements.add(
        PolicyStatement.Builder.create()
            .actions(List.of("logs:CreateLogStream", "logs:PutLogEvents"))
            .resources(List.of(log.getLogGroupArn()))
            .build());
    statements.add(
        PolicyStatement.Builder.create()
            .actions(List.of("xray:PutTelemetryRecords", "xray:PutTraceSegments"))
            // X-Ray has no resources to name.
            .resources(List.of("*"))
            .build());
    props.vpc().ifPresent(vpc -> statements.add(networkInterfaces()));
    storage
        .key()
        .ifPresent(
            key ->
                statements.add(
                    PolicyStatement.Builder.create()
                        .actions(List.of("kms:Decrypt", "kms:GenerateDataKey"))
                        .resources(List.of(key.getKeyArn()))
                        .build()));
    return Role.Builder.create(scope, "Role")
        .assumedBy(new ServicePrincipal("lambda.amazonaws.com"))
        .description(spec.description())
        .inlinePolicies(
            Map.of("Permissions", PolicyDocument.Builder.create().statements(statements).build()))
        .build();
  }

  private static PolicyStatement networkInterfaces() {
    return PolicyStatement.Builder.create()
        .actions(
            List.of(
                "ec2:AssignPrivateIpAddresses",
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:UnassignPrivateIpAddresses"))
        // Lambda makes the interfaces before it could name them, and demands it so.
        .resources(List.of("*"))
        .build();
  }

  private IFunction zipFunction(
      Construct scope, FunctionSpec spec, LogGroup log, Role role) {
    Function.Builder builder =
        Function.Builder.create(scope, "Function")
            .runtime(Runtime.JAVA_25)
            .architecture(Architecture.ARM_64)
            .code(props.functionsCode())
            .handler(spec.handler())
            .description(spec.description())
            .memorySize(spec.memoryMib())
            .timeout(Duration.seconds(spec.seconds()))
            .environment(environment(spec))
            .snapStart(SnapStartConf.ON_PUBLISHED_VERSIONS)
            .tracing(Tracing.ACTIVE)
            .logGroup(log)
            .role(role);
    props.vpc().ifPresent(vpc -> builder.vpc(vpc).securityGroups(List.of(group(scope, spec))));
    if (spec.id().equals("ConvertChunk")) {
      props.convertConcurrency().ifPresent(builder::reservedConcurrentExecutions);
    }
    Function function = builder.build();
    describe(function, spec);
    // SnapStart needs a version, and the state machine a name that stays.
    return Alias.Builder.create(scope, "Live")
        .aliasName("live")
        .version(function.getCurrentVersion())
        .build();
  }

  private IFunction imageFunction(
      Construct scope, FunctionSpec spec, LogGroup log, Role role) {
    DockerImageFunction.Builder builder =
        DockerImageFunction.Builder.create(scope, "Function")
            // The appliance runs programs of the guest, which is of this architecture.
            .architecture(Architecture.X86_64)
            .code(props.guestImage())
            .description(spec.description())
            .memorySize(spec.memoryMib())
            .ephemeralStorageSize(Size.mebibytes(GUEST_STORAGE))
            .timeout(Duration.seconds(spec.seconds()))
            .environment(environment(spec))
            .tracing(Tracing.ACTIVE)
            .logGroup(log)
            .role(role);
    props.vpc().ifPresent(vpc -> builder.vpc(vpc).securityGroups(List.of(group(scope, spec))));
    DockerImageFunction function = builder.build();
    describe(function, spec);
    return function;
  }

  private SecurityGroup group(Construct scope, FunctionSpec spec) {
    return SecurityGroup.Builder.create(scope, "SecurityGroup")
        .vpc(props.vpc().orElseThrow())
        .description(spec.description())
        .allowAllOutbound(true)
        .build();
  }

  private static void describe(Function function, FunctionSpec spec) {
    CfnFunction resource = (CfnFunction) function.getNode().getDefaultChild();
    resource.addMetadata(HANDLER, spec.handler());
  }

  private Map<String, String> environment(FunctionSpec spec) {
    Map<String, String> environment = new TreeMap<>();
    environment.put("VMFERRY_WORK_BUCKET", storage.work().getBucketName());
    environment.put("VMFERRY_TABLE", storage.tasks().getTableName());
    environment.put("VMFERRY_UPLOADS", storage.work().getBucketName() + "/" + UPLOADS);
    environment.put("VMFERRY_RETENTION_DAYS", String.valueOf(props.taskRetentionDays()));
    if (spec.knowsMachine()) {
      environment.put("VMFERRY_IMPORT_STATE_MACHINE", machineArn);
      environment.put("VMFERRY_ACTIVE_TASKS", String.valueOf(props.activeTasks()));
    }
    return environment;
  }
}
