package io.vmferry.infra;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.error.ErrorCode;
import io.vmferry.functions.container.Main;
import io.vmferry.functions.handler.Config;
import io.vmferry.infra.CalledActions.Operation;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Every role allows what its function's code calls, and nothing else. */
class PermissionsIT {
  private static final CalledActions CODE = new CalledActions(Config.class, ErrorCode.class);

  /** What clients have that calls nothing. */
  private static final Set<String> NO_CALLS = Set.of("builder", "serviceClientConfiguration");

  /** What IAM calls the services, where it does not call them as the SDK does. */
  private static final Map<String, String> SERVICES =
      Map.of("sfn", "states", "eventbridge", "events");

  /** The actions that operations of S3 need. A HEAD tells what is missing to those who may list. */
  private static final Map<String, List<String>> S3 =
      Map.ofEntries(
          Map.entry("abortMultipartUpload", List.of("s3:AbortMultipartUpload")),
          Map.entry("completeMultipartUpload", List.of("s3:PutObject")),
          Map.entry("createMultipartUpload", List.of("s3:PutObject")),
          Map.entry("deleteObject", List.of("s3:DeleteObject")),
          Map.entry("deleteObjects", List.of("s3:DeleteObject")),
          Map.entry("getObject", List.of("s3:GetObject")),
          Map.entry("headObject", List.of("s3:GetObject", "s3:ListBucket")),
          Map.entry("listMultipartUploads", List.of("s3:ListBucketMultipartUploads")),
          Map.entry("listObjectsV2", List.of("s3:ListBucket")),
          Map.entry("listParts", List.of("s3:ListMultipartUploadParts")),
          Map.entry("putObject", List.of("s3:PutObject")),
          Map.entry("uploadPart", List.of("s3:PutObject")));

  /** What Lambda and ECS themselves do with a function's role, not its code. */
  private static final List<String> OF_THE_PLATFORM =
      List.of("logs:", "xray:", "sqs:SendMessage", "kms:");

  private static final Set<String> OF_THE_NETWORK =
      Set.of(
          "ec2:AssignPrivateIpAddresses",
          "ec2:CreateNetworkInterface",
          "ec2:DeleteNetworkInterface",
          "ec2:DescribeNetworkInterfaces",
          "ec2:DescribeSubnets",
          "ec2:UnassignPrivateIpAddresses");

  private static final Set<String> OF_THE_STREAM =
      Set.of(
          "dynamodb:DescribeStream",
          "dynamodb:GetRecords",
          "dynamodb:GetShardIterator",
          "dynamodb:ListStreams");

  /** Reads what may not be there, and must be told so. */
  private static final Map<String, Set<String>> TELLS_MISSING =
      Map.of("AnnounceHandler", Set.of("s3:ListBucket"));

  /**
   * What actions there are that no policy can limit to resources (Service Authorization Reference).
   */
  private static final Set<String> WITHOUT_RESOURCES =
      Set.of(
          "dynamodb:ListStreams",
          "ec2:DescribeImages",
          "ec2:DescribeSnapshots",
          "ecr:GetAuthorizationToken",
          "logs:CreateLogDelivery",
          "logs:DeleteLogDelivery",
          "logs:DescribeLogGroups",
          "logs:DescribeResourcePolicies",
          "logs:GetLogDelivery",
          "logs:ListLogDeliveries",
          "logs:PutResourcePolicy",
          "logs:UpdateLogDelivery",
          "xray:GetSamplingRules",
          "xray:GetSamplingTargets",
          "xray:PutTelemetryRecords",
          "xray:PutTraceSegments");

  @Test
  void everyRoleAllowsExactlyWhatItsFunctionCalls() throws ClassNotFoundException {
    assertThat(allowed(Synthesis.EVERYTHING)).isEqualTo(called(Synthesis.EVERYTHING, Set.of()));
  }

  @Test
  void withoutTopicNobodyMayPublish() throws ClassNotFoundException {
    assertThat(allowed(Synthesis.DEFAULT))
        .isEqualTo(called(Synthesis.DEFAULT, Set.of("sns:Publish")));
  }

  @Test
  void containerMayDoWhatItCalls() {
    JsonNode task = Synthesis.DEFAULT.all("AWS::ECS::TaskDefinition").getFirst().get("Properties");
    assertThat(actions(Synthesis.DEFAULT.statements(task.get("TaskRoleArn")), Set.of()))
        .isEqualTo(actions(CODE.ofProgram(Main.class)));
  }

  @Test
  void containerAndCallersUseTheKeyOfBucketsAndTable() {
    JsonNode task =
        Synthesis.EVERYTHING.all("AWS::ECS::TaskDefinition").getFirst().get("Properties");
    assertThat(Synthesis.EVERYTHING.statements(task.get("TaskRoleArn")))
        .anyMatch(PermissionsIT::usesStorageKey);
    assertThat(
            Synthesis.EVERYTHING.all("AWS::IAM::ManagedPolicy").stream()
                .map(policy -> policy.at("/Properties/PolicyDocument/Statement"))
                .filter(statements -> statements.toString().contains("InvokeFunctionUrl")))
        .singleElement()
        .satisfies(statements -> assertThat(statements).anyMatch(PermissionsIT::usesStorageKey));
  }

  private static boolean usesStorageKey(JsonNode statement) {
    return statement.path("Resource").asText().endsWith(":key/storage")
        && statement.path("Action").toString().contains("kms:Decrypt")
        && statement.path("Action").toString().contains("kms:GenerateDataKey");
  }

  @Test
  void callsAreFoundThroughPortsAndLambdas() throws ClassNotFoundException {
    // What the search rests on: a step reaches its services' ports, and not those of other steps.
    assertThat(CODE.ofHandler(handler("CompleteSnapshots")))
        .contains(new Operation("ebs", "completeSnapshot"), new Operation("dynamodb", "getItem"))
        .doesNotContain(
            new Operation("ebs", "startSnapshot"), new Operation("ec2", "registerImage"));
  }

  @Test
  void noActionIsAWildcard() {
    for (Synthesis synthesis : List.of(Synthesis.DEFAULT, Synthesis.EVERYTHING)) {
      assertThat(everyStatement(synthesis))
          .isNotEmpty()
          .allSatisfy(
              statement ->
                  assertThat(Synthesis.oneOrMany(statement.get("Action")))
                      .extracting(JsonNode::asText)
                      .filteredOn(action -> action.contains("*"))
                      // As the guide and EBS document them.
                      .isSubsetOf("kms:GenerateDataKey*", "kms:ReEncrypt*"));
    }
  }

  @Test
  void everyResourceIsNamedWhereThatIsPossible() {
    for (Synthesis synthesis : List.of(Synthesis.DEFAULT, Synthesis.EVERYTHING)) {
      List<JsonNode> open =
          everyStatement(synthesis).stream()
              .filter(
                  statement ->
                      Synthesis.oneOrMany(statement.get("Resource")).stream()
                          .anyMatch(resource -> resource.asText().equals("*")))
              .toList();
      assertThat(open)
          .isNotEmpty()
          .allSatisfy(
              statement ->
                  assertThat(Synthesis.oneOrMany(statement.get("Action")))
                      .extracting(JsonNode::asText)
                      .filteredOn(action -> !OF_THE_NETWORK.contains(action))
                      .isSubsetOf(WITHOUT_RESOURCES));
    }
  }

  @Test
  void snapshotsAndImagesAreChangedOnlyIfTheyBearATasksTag() {
    Set<String> changing =
        Set.of(
            "ebs:StartSnapshot",
            "ebs:PutSnapshotBlock",
            "ebs:CompleteSnapshot",
            "ec2:RegisterImage",
            "ec2:DeregisterImage",
            "ec2:DeleteSnapshot");
    List<JsonNode> statements =
        everyStatement(Synthesis.DEFAULT).stream()
            .filter(
                statement ->
                    Synthesis.oneOrMany(statement.get("Action")).stream()
                        .anyMatch(action -> changing.contains(action.asText())))
            .toList();
    assertThat(statements)
        .hasSizeGreaterThan(changing.size())
        .allSatisfy(
            statement ->
                assertThat(statement.path("Condition").path("Null").toString())
                    .containsPattern("aws:Re(quest|source)Tag/vmferry:task\":\"false\""));
  }

  private static Class<?> handler(String id) throws ClassNotFoundException {
    return Class.forName(Config.class.getPackageName() + "." + id + "Handler");
  }

  private static SortedSet<String> actions(SortedSet<Operation> operations) {
    return operations.stream()
        .filter(operation -> !NO_CALLS.contains(operation.name()))
        .flatMap(operation -> actions(operation).stream())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static List<String> actions(Operation operation) {
    String name =
        operation.name().endsWith("Paginator")
            ? operation.name().substring(0, operation.name().length() - "Paginator".length())
            : operation.name();
    if (operation.service().equals("s3")) {
      List<String> actions = S3.getOrDefault(name, List.of());
      assertThat(actions).as("the actions that S3's %s needs", name).isNotEmpty();
      return actions;
    }
    return switch (operation.toString()) {
      // All of our transactions put items.
      case "dynamodb:transactWriteItems" -> List.of("dynamodb:PutItem");
      case "ec2:registerImage" -> List.of("ec2:RegisterImage", "ec2:CreateTags");
      default ->
          List.of(
              SERVICES.getOrDefault(operation.service(), operation.service())
                  + ":"
                  + Character.toUpperCase(name.charAt(0))
                  + name.substring(1));
    };
  }

  private static Map<String, SortedSet<String>> called(Synthesis synthesis, Set<String> without)
      throws ClassNotFoundException {
    Map<String, SortedSet<String>> called = new TreeMap<>();
    for (String handler : synthesis.functions().keySet()) {
      SortedSet<String> actions = actions(CODE.ofHandler(Class.forName(handler)));
      actions.removeAll(without);
      called.put(simple(handler), actions);
    }
    return called;
  }

  private static String simple(String handler) {
    return handler.substring(handler.lastIndexOf('.') + 1);
  }

  private static Map<String, SortedSet<String>> allowed(Synthesis synthesis) {
    Map<String, SortedSet<String>> allowed = new TreeMap<>();
    synthesis
        .functions()
        .forEach(
            (handler, function) ->
                allowed.put(
                    simple(handler),
                    actions(
                        synthesis.statements(function.get("Role")),
                        TELLS_MISSING.getOrDefault(simple(handler), Set.of()))));
    return allowed;
  }

  private static SortedSet<String> actions(List<JsonNode> statements, Set<String> without) {
    return statements.stream()
        .flatMap(statement -> Synthesis.oneOrMany(statement.get("Action")).stream())
        .map(JsonNode::asText)
        .filter(action -> OF_THE_PLATFORM.stream().noneMatch(action::startsWith))
        .filter(action -> !OF_THE_NETWORK.contains(action) && !OF_THE_STREAM.contains(action))
        .filter(action -> !without.contains(action))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static List<JsonNode> everyStatement(Synthesis synthesis) {
    return List.of("AWS::IAM::Role", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy").stream()
        .flatMap(type -> synthesis.all(type).stream())
        .map(resource -> resource.get("Properties"))
        .flatMap(
            properties ->
                properties.has("PolicyDocument")
                    ? Synthesis.elements(properties.get("PolicyDocument").get("Statement"))
                    : Synthesis.elements(properties.path("Policies"))
                        .flatMap(p -> Synthesis.elements(p.get("PolicyDocument").get("Statement"))))
        .toList();
  }
}
