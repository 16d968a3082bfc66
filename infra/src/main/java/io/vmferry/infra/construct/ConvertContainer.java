package io.vmferry.infra.construct;

import io.github.cdklabs.cdknag.NagPackSuppression;
import io.github.cdklabs.cdknag.NagSuppressions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import software.amazon.awscdk.Duration;
import software.amazon.awscdk.Fn;
import software.amazon.awscdk.RemovalPolicy;
import software.amazon.awscdk.Stack;
import software.amazon.awscdk.services.ec2.FlowLogDestination;
import software.amazon.awscdk.services.ec2.FlowLogOptions;
import software.amazon.awscdk.services.ec2.GatewayVpcEndpointAwsService;
import software.amazon.awscdk.services.ec2.GatewayVpcEndpointOptions;
import software.amazon.awscdk.services.ec2.IVpc;
import software.amazon.awscdk.services.ec2.SecurityGroup;
import software.amazon.awscdk.services.ec2.SelectedSubnets;
import software.amazon.awscdk.services.ec2.SubnetConfiguration;
import software.amazon.awscdk.services.ec2.SubnetSelection;
import software.amazon.awscdk.services.ec2.SubnetType;
import software.amazon.awscdk.services.ec2.Vpc;
import software.amazon.awscdk.services.ecr.assets.DockerImageAsset;
import software.amazon.awscdk.services.ecs.AwsLogDriverProps;
import software.amazon.awscdk.services.ecs.Cluster;
import software.amazon.awscdk.services.ecs.ContainerDefinition;
import software.amazon.awscdk.services.ecs.ContainerDefinitionOptions;
import software.amazon.awscdk.services.ecs.ContainerImage;
import software.amazon.awscdk.services.ecs.ContainerInsights;
import software.amazon.awscdk.services.ecs.CpuArchitecture;
import software.amazon.awscdk.services.ecs.FargateTaskDefinition;
import software.amazon.awscdk.services.ecs.LogDriver;
import software.amazon.awscdk.services.ecs.MountPoint;
import software.amazon.awscdk.services.ecs.OperatingSystemFamily;
import software.amazon.awscdk.services.ecs.RuntimePlatform;
import software.amazon.awscdk.services.ecs.Volume;
import software.amazon.awscdk.services.iam.IRole;
import software.amazon.awscdk.services.logs.LogGroup;
import software.constructs.Construct;

/**
 * The container that converts large disks, and sources that cannot be read at random: a task of
 * Fargate that the state machine runs.
 */
final class ConvertContainer extends Construct {
  private static final String NAME = "convert";
  private static final String TMP = "tmp";
  private static final int STOP_SECONDS = 60;
  private static final int ZONES = 2;

  private final FargateTaskDefinition task;
  private final Cluster cluster;
  private final SelectedSubnets subnets;
  private final SecurityGroup group;
  private final boolean publicAddress;

  ConvertContainer(
      Construct scope,
      String id,
      VmImportExportProps props,
      FargateSize size,
      DockerImageAsset image,
      Map<String, String> environment,
      List<Permission> permissions) {
    super(scope, id);
    IVpc vpc = props.vpc().orElseGet(() -> ownVpc(props.logRetentionDays()));
    publicAddress = props.vpc().isEmpty();
    subnets =
        vpc.selectSubnets(
            SubnetSelection.builder()
                .subnetType(publicAddress ? SubnetType.PUBLIC : SubnetType.PRIVATE_WITH_EGRESS)
                .build());
    group =
        SecurityGroup.Builder.create(this, "SecurityGroup")
            .vpc(vpc)
            .description("The container that converts: nothing reaches it")
            .allowAllOutbound(true)
            .build();
    cluster =
        Cluster.Builder.create(this, "Cluster")
            .vpc(vpc)
            .containerInsightsV2(ContainerInsights.ENABLED)
            .build();
    IRole role =
        Roles.of(
            new Construct(this, "Task"),
            "ecs-tasks.amazonaws.com",
            "Converts disks in a container",
            permissions);
    task =
        FargateTaskDefinition.Builder.create(this, "Definition")
            .cpu(size.cpu())
            .memoryLimitMiB(size.memoryMib())
            .runtimePlatform(
                RuntimePlatform.builder()
                    .cpuArchitecture(CpuArchitecture.X86_64)
                    .operatingSystemFamily(OperatingSystemFamily.LINUX)
                    .build())
            .taskRole(role)
            .volumes(List.of(Volume.builder().name(TMP).build()))
            .build();
    container(props, image, environment);
    NagSuppressions.addResourceSuppressions(
        task,
        List.of(
            NagPackSuppression.builder()
                .id("AwsSolutions-IAM5")
                .reason("ECR gives tokens for the registry, not for a repository.")
                .build(),
            NagPackSuppression.builder()
                .id("AwsSolutions-ECS2")
                .reason("The environment has names of resources, which are no secrets.")
                .build()),
        true);
  }

  private void container(
      VmImportExportProps props, DockerImageAsset image, Map<String, String> environment) {
    LogGroup log = Logs.keptFor(props.logRetentionDays(), this);
    ContainerDefinition container =
        task.addContainer(
            "Container",
            ContainerDefinitionOptions.builder()
                .containerName(NAME)
                .image(ContainerImage.fromDockerImageAsset(image))
                .environment(new TreeMap<>(environment))
                .readonlyRootFilesystem(true)
                .stopTimeout(Duration.seconds(STOP_SECONDS))
                .logging(
                    LogDriver.awsLogs(
                        AwsLogDriverProps.builder().streamPrefix(NAME).logGroup(log).build()))
                .build());
    container.addMountPoints(
        MountPoint.builder().containerPath("/tmp").sourceVolume(TMP).readOnly(false).build());
  }

  /**
   * A network that costs nothing while nothing runs: public subnets, no NAT gateway, and S3 and
   * DynamoDB without the internet.
   */
  private Vpc ownVpc(int logDays) {
    LogGroup log = Logs.keptFor(logDays, LogGroup.Builder.create(this, "FlowLog"));
    Vpc vpc =
        Vpc.Builder.create(this, "Vpc")
            .maxAzs(ZONES)
            .natGateways(0)
            .subnetConfiguration(
                List.of(
                    SubnetConfiguration.builder()
                        .name("Public")
                        .subnetType(SubnetType.PUBLIC)
                        .mapPublicIpOnLaunch(false)
                        .build()))
            .flowLogs(
                Map.of(
                    "All",
                    FlowLogOptions.builder()
                        .destination(FlowLogDestination.toCloudWatchLogs(log))
                        .build()))
            .build();
    gateway(vpc, "DynamoDb", GatewayVpcEndpointAwsService.DYNAMODB);
    gateway(vpc, "S3", GatewayVpcEndpointAwsService.S3);
    vpc.applyRemovalPolicy(RemovalPolicy.DESTROY);
    return vpc;
  }

  private static void gateway(Vpc vpc, String id, GatewayVpcEndpointAwsService service) {
    vpc.addGatewayEndpoint(id, GatewayVpcEndpointOptions.builder().service(service).build());
  }

  /** What the state machine's placeholders for the container stand for. */
  Map<String, String> substitutions() {
    return Map.of(
        "ContainerCluster", cluster.getClusterArn(),
        "ContainerTaskDefinition", task.getTaskDefinitionArn(),
        "ContainerName", NAME,
        "ContainerSubnets", Fn.join(",", subnets.getSubnetIds()),
        "ContainerSecurityGroups", group.getSecurityGroupId(),
        "ContainerPublicIp", publicAddress ? "ENABLED" : "DISABLED");
  }

  /** What those placeholders stand for where there is no container. */
  static Map<String, String> noSubstitutions() {
    return Map.of(
        "ContainerCluster", "",
        "ContainerTaskDefinition", "",
        "ContainerName", NAME,
        "ContainerSubnets", "",
        "ContainerSecurityGroups", "",
        "ContainerPublicIp", "DISABLED");
  }

  /** What the state machine may do to run the container and wait for its end. */
  List<Permission> toRunIt() {
    Stack stack = Stack.of(this);
    String place = "%s:%s".formatted(stack.getRegion(), stack.getAccount());
    String ecs = "arn:%s:ecs:%s".formatted(stack.getPartition(), place);
    return List.of(
        Permission.because(
            "An execution that began before a deployment runs the revision before it.",
            Permissions.allowIf(
                List.of("ecs:RunTask"),
                List.of("%s:task-definition/%s:*".formatted(ecs, task.getFamily())),
                Map.of("ArnEquals", Map.of("ecs:cluster", cluster.getClusterArn())))),
        Permission.because(
            "Tasks of the cluster get their ids when they start.",
            Permissions.allow(
                List.of("ecs:DescribeTasks", "ecs:StopTask"),
                List.of("%s:task/%s/*".formatted(ecs, cluster.getClusterName())))),
        Permission.exact(
            Permissions.allowIf(
                List.of("iam:PassRole"),
                List.of(task.getTaskRole().getRoleArn(), task.obtainExecutionRole().getRoleArn()),
                Map.of("StringEquals", Map.of("iam:PassedToService", "ecs-tasks.amazonaws.com"))),
            Permissions.allow(
                List.of("events:DescribeRule", "events:PutRule", "events:PutTargets"),
                List.of(
                    "arn:%s:events:%s:rule/StepFunctionsGetEventsForECSTaskRule"
                        .formatted(stack.getPartition(), place)))));
  }
}
