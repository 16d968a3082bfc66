package io.vmferry.local.cloudformation;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Function;

/**
 * The names and ARNs that resources get. They depend on the stack and the logical id alone, so that
 * deploying a template again finds what is there.
 */
final class Identities {
  private static final int SUFFIX = 12;

  private final String region;
  private final String account;
  private final String stack;

  Identities(String region, String account, String stack) {
    this.region = region;
    this.account = account;
    this.stack = stack;
  }

  /**
   * The identity of a resource.
   *
   * @param where the resource, for messages
   * @param property the text of one of its properties, resolved
   */
  Identity of(
      String where, String type, String logicalId, Function<String, Optional<String>> property) {
    return switch (type) {
      case "AWS::S3::Bucket" -> bucket(named(property, "BucketName", logicalId, 63));
      case "AWS::DynamoDB::Table", "AWS::DynamoDB::GlobalTable" ->
          table(named(property, "TableName", logicalId, 255));
      case "AWS::Lambda::Function" ->
          byName(named(property, "FunctionName", logicalId, 64), "lambda", "function:");
      case "AWS::Lambda::Version" -> version(where, property);
      case "AWS::Lambda::Alias" -> alias(where, property);
      case "AWS::Lambda::Url" ->
          new Identity(
              required(where, property, "TargetFunctionArn"),
              Map.of(
                  "FunctionArn",
                  required(where, property, "TargetFunctionArn"),
                  "FunctionUrl",
                  "https://%s.lambda-url.%s.on.aws/".formatted(hash(logicalId), region)));
      case "AWS::IAM::Role" -> role(named(property, "RoleName", logicalId, 64));
      case "AWS::IAM::ManagedPolicy" -> {
        String name = named(property, "ManagedPolicyName", logicalId, 128);
        String path = property.apply("Path").orElse("/");
        String arn = "arn:aws:iam::%s:policy%s%s".formatted(account, path, name);
        yield new Identity(arn, Map.of("PolicyArn", arn));
      }
      case "AWS::StepFunctions::StateMachine" -> {
        String name = named(property, "StateMachineName", logicalId, 80);
        String arn = arn("states", "stateMachine:" + name);
        yield new Identity(
            arn, Map.of("Arn", arn, "Name", name, "StateMachineRevisionId", uuid(logicalId)));
      }
      case "AWS::Events::Rule" -> byName(named(property, "Name", logicalId, 64), "events", "rule/");
      case "AWS::Events::EventBus" ->
          byName(required(where, property, "Name"), "events", "event-bus/");
      case "AWS::KMS::Key" -> {
        String id = uuid(logicalId);
        yield new Identity(id, Map.of("Arn", arn("kms", "key/" + id), "KeyId", id));
      }
      case "AWS::Logs::LogGroup" -> {
        String name = named(property, "LogGroupName", logicalId, 512);
        yield new Identity(name, Map.of("Arn", arn("logs", "log-group:" + name + ":*")));
      }
      case "AWS::SNS::Topic" -> {
        String name = named(property, "TopicName", logicalId, 256);
        String arn = arn("sns", name);
        yield new Identity(arn, Map.of("TopicArn", arn, "TopicName", name));
      }
      case "AWS::SQS::Queue" -> {
        String name = named(property, "QueueName", logicalId, 80);
        String url = "https://sqs.%s.amazonaws.com/%s/%s".formatted(region, account, name);
        yield new Identity(
            url, Map.of("Arn", arn("sqs", name), "QueueName", name, "QueueUrl", url));
      }
      case "AWS::CloudWatch::Alarm" ->
          byName(named(property, "AlarmName", logicalId, 255), "cloudwatch", "alarm:");
      case "AWS::ECS::Cluster" ->
          byName(named(property, "ClusterName", logicalId, 255), "ecs", "cluster/");
      case "AWS::ECS::TaskDefinition" -> {
        String arn = arn("ecs", "task-definition/" + named(property, "Family", logicalId, 255));
        yield new Identity(arn + ":1", Map.of("TaskDefinitionArn", arn + ":1"));
      }
      case "AWS::EC2::SecurityGroup" -> network("sg", logicalId, "GroupId");
      case "AWS::EC2::Subnet" -> network("subnet", logicalId, "SubnetId");
      case "AWS::EC2::VPC" -> network("vpc", logicalId, "VpcId");
      case "AWS::EC2::RouteTable" -> network("rtb", logicalId, "RouteTableId");
      case "AWS::EC2::InternetGateway" -> network("igw", logicalId, "InternetGatewayId");
      case "AWS::EC2::NatGateway" -> network("nat", logicalId, "NatGatewayId");
      case "AWS::EC2::EIP" -> network("eipalloc", logicalId, "AllocationId");
      case "AWS::Scheduler::Schedule" ->
          byName(named(property, "Name", logicalId, 64), "scheduler", "schedule/default/");
      default -> {
        // Of anything else a template can know that it is there.
        String id = generated(logicalId, 128);
        boolean custom = type.startsWith("Custom::");
        yield new Identity(id, custom ? Map.of("Arn", arn("cloudformation", id)) : Map.of());
      }
    };
  }

  private Identity bucket(String name) {
    String bucket = name.toLowerCase(Locale.ROOT);
    return new Identity(
        bucket,
        Map.of(
            "Arn", "arn:aws:s3:::" + bucket,
            "DomainName", bucket + ".s3.amazonaws.com",
            "RegionalDomainName", "%s.s3.%s.amazonaws.com".formatted(bucket, region)));
  }

  private Identity table(String name) {
    String arn = arn("dynamodb", "table/" + name);
    return new Identity(
        name,
        Map.of(
            "Arn",
            arn,
            "StreamArn",
            arn + "/stream/2026-01-01T00:00:00.000",
            "TableId",
            uuid(name)));
  }

  private Identity role(String name) {
    String arn = "arn:aws:iam::%s:role/%s".formatted(account, name);
    return new Identity(
        name, Map.of("Arn", arn, "RoleId", "AROA" + hash(name).toUpperCase(Locale.ROOT)));
  }

  private Identity version(String where, Function<String, Optional<String>> property) {
    String arn = functionArn(required(where, property, "FunctionName")) + ":1";
    return new Identity(arn, Map.of("FunctionArn", arn, "Version", "1"));
  }

  private Identity alias(String where, Function<String, Optional<String>> property) {
    String arn =
        functionArn(required(where, property, "FunctionName"))
            + ":"
            + required(where, property, "Name");
    return new Identity(arn, Map.of("AliasArn", arn));
  }

  private String functionArn(String nameOrArn) {
    return nameOrArn.startsWith("arn:") ? nameOrArn : arn("lambda", "function:" + nameOrArn);
  }

  private Identity byName(String name, String service, String kind) {
    return new Identity(name, Map.of("Arn", arn(service, kind + name), "Name", name));
  }

  private Identity network(String prefix, String logicalId, String attribute) {
    String id = prefix + "-" + (hash(logicalId) + hash(logicalId + "'")).substring(0, 17);
    return new Identity(
        id,
        Map.of(
            attribute,
            id,
            "CidrBlock",
            "10.0.0.0/16",
            "AvailabilityZone",
            region + "a",
            "DefaultSecurityGroup",
            "sg-" + hash(logicalId),
            "Id",
            id));
  }

  private String arn(String service, String resource) {
    return "arn:aws:%s:%s:%s:%s".formatted(service, region, account, resource);
  }

  private static String required(
      String where, Function<String, Optional<String>> property, String name) {
    return property
        .apply(name)
        .orElseThrow(() -> new TemplateException(where, name + " is missing"));
  }

  private String named(
      Function<String, Optional<String>> property, String name, String logicalId, int longest) {
    return property.apply(name).orElseGet(() -> generated(logicalId, longest));
  }

  /** As CloudFormation makes names up: the stack, the logical id, and something without meaning. */
  private String generated(String logicalId, int longest) {
    int room = longest - SUFFIX - 2;
    String first = stack.substring(0, Math.min(stack.length(), room / 2));
    String second = logicalId.substring(0, Math.min(logicalId.length(), room - first.length()));
    return first + "-" + second + "-" + hash(logicalId);
  }

  private String uuid(String logicalId) {
    return UUID.nameUUIDFromBytes((stack + "/" + logicalId).getBytes(StandardCharsets.UTF_8))
        .toString();
  }

  private String hash(String logicalId) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256")
              .digest((stack + "/" + logicalId).getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest).substring(0, SUFFIX);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
