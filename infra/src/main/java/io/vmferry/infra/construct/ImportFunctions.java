package io.vmferry.infra.construct;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.Size;
import software.amazon.awscdk.services.ec2.SecurityGroup;
import software.amazon.awscdk.services.ecr.assets.DockerImageAsset;
import software.amazon.awscdk.services.iam.IRole;
import software.amazon.awscdk.services.lambda.Alias;
import software.amazon.awscdk.services.lambda.Architecture;
import software.amazon.awscdk.services.lambda.CfnFunction;
import software.amazon.awscdk.services.lambda.DockerImageCode;
import software.amazon.awscdk.services.lambda.DockerImageFunction;
import software.amazon.awscdk.services.lambda.EcrImageCodeProps;
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

  /** Keys of images whose upload starts their import, in the bucket of images. */
  static final String IMPORTS = "imports/";

  /** The alias of the version that is in use. */
  static final String LIVE = "live";

  /** Names the Java class in the metadata of a function's resource. */
  static final String HANDLER = "vmferry:handler";

  /** MiB of {@code /tmp} for the guest's changes. */
  private static final int GUEST_STORAGE = 2048;

  private final VmImportExportProps props;
  private final TaskStorage storage;
  private final String machineArn;
  private final DockerImageAsset image;
  private final Map<String, IFunction> functions = new LinkedHashMap<>();

  ImportFunctions(
      Construct scope,
      String id,
      VmImportExportProps props,
      TaskStorage storage,
      String machineArn,
      DockerImageAsset image,
      List<FunctionSpec> specs) {
    super(scope, id);
    this.props = props;
    this.storage = storage;
    this.machineArn = machineArn;
    this.image = image;
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
    IRole role = role(scope, spec, log);
    return switch (spec.packaging()) {
      case ZIP -> zipFunction(scope, spec, log, role);
      case IMAGE -> imageFunction(scope, spec, log, role);
    };
  }

  private IRole role(Construct scope, FunctionSpec spec, LogGroup log) {
    List<Permission> permissions = new ArrayList<>(spec.permissions());
    permissions.add(
        Permission.because(
            "Lambda names the streams of a log.",
            Permissions.allow(
                List.of("logs:CreateLogStream", "logs:PutLogEvents"),
                List.of(log.getLogGroupArn()))));
    permissions.add(
        Permission.because(
            "X-Ray has no resources that a policy could name.",
            Permissions.allow(
                List.of("xray:PutTelemetryRecords", "xray:PutTraceSegments"), List.of("*"))));
    props.vpc().ifPresent(vpc -> permissions.add(networkInterfaces()));
    permissions.addAll(storage.useOfKey());
    return Roles.of(scope, "lambda.amazonaws.com", spec.description(), permissions);
  }

  private static Permission networkInterfaces() {
    return Permission.because(
        "Lambda makes network interfaces before it could name them.",
        Permissions.allow(
            List.of(
                "ec2:AssignPrivateIpAddresses",
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:UnassignPrivateIpAddresses"),
            List.of("*")));
  }

  private IFunction zipFunction(Construct scope, FunctionSpec spec, LogGroup log, IRole role) {
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
    // Nothing else is reserved: a new account has too few executions for any reservation.
    if (spec.id().equals("ConvertChunk")) {
      props.convertConcurrency().ifPresent(builder::reservedConcurrentExecutions);
    }
    Function function = builder.build();
    describe(function, spec);
    // SnapStart needs a version, and the state machine a name that stays.
    return Alias.Builder.create(scope, "Live")
        .aliasName(LIVE)
        .version(function.getCurrentVersion())
        .build();
  }

  private IFunction imageFunction(Construct scope, FunctionSpec spec, LogGroup log, IRole role) {
    DockerImageFunction.Builder builder =
        DockerImageFunction.Builder.create(scope, "Function")
            // The appliance runs programs of the guest, which is of this architecture.
            .architecture(Architecture.X86_64)
            .code(
                DockerImageCode.fromEcr(
                    image.getRepository(),
                    EcrImageCodeProps.builder().tagOrDigest(image.getImageTag()).build()))
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
    CfnFunction resource =
        (CfnFunction) Objects.requireNonNull(function.getNode().getDefaultChild());
    resource.addMetadata(HANDLER, spec.handler());
  }

  /** What every function is told, and the container. */
  Map<String, String> commonEnvironment() {
    Map<String, String> environment = new TreeMap<>();
    environment.put("VMFERRY_WORK_BUCKET", storage.work().getBucketName());
    environment.put("VMFERRY_TABLE", storage.tasks().getTableName());
    environment.put("VMFERRY_UPLOADS", storage.work().getBucketName() + "/" + UPLOADS);
    environment.put("VMFERRY_RETENTION_DAYS", String.valueOf(props.taskRetentionDays()));
    return environment;
  }

  private Map<String, String> environment(FunctionSpec spec) {
    Map<String, String> environment = new TreeMap<>(commonEnvironment());
    for (FunctionSpec.Told told : spec.told()) {
      switch (told) {
        case MACHINE -> {
          environment.put("VMFERRY_IMPORT_STATE_MACHINE", machineArn);
          environment.put("VMFERRY_ACTIVE_TASKS", String.valueOf(props.activeTasks()));
        }
        case COMPUTE ->
            environment.put("VMFERRY_FARGATE", String.valueOf(props.fargate().isPresent()));
        case EVENTS -> {
          environment.put("VMFERRY_IMPORTS", storage.images().getBucketName() + "/" + IMPORTS);
          props
              .notificationTopic()
              .ifPresent(topic -> environment.put("VMFERRY_TOPIC", topic.getTopicArn()));
        }
      }
    }
    return environment;
  }
}
