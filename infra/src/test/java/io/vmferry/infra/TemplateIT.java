package io.vmferry.infra;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmferry.functions.aws.TaskTable;
import java.io.IOException;
import java.io.InputStream;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.CreateTableRequest;

/**
 * The templates: what they must have, and that nothing in them changes unseen. With {@code
 * -Dgolden.update} the golden templates are written anew.
 */
class TemplateIT {
  private static final Path GOLDEN = Path.of("src/test/resources/io/vmferry/infra");
  private static final Pattern ASSET = Pattern.compile("\\b[0-9a-f]{64}\\b");
  private static final Pattern VERSION = Pattern.compile("(CurrentVersion[0-9A-F]{8})[0-9a-f]{32}");
  private static final Pattern PLACEHOLDER = Pattern.compile("\\$\\{(\\w+)}");

  @ParameterizedTest
  @ValueSource(strings = {"VmferryStorage", "VmferryWorkflow"})
  void templateIsTheGoldenOne(String stack) throws IOException {
    JsonNode template =
        stack.endsWith("Storage") ? Synthesis.DEFAULT.storage() : Synthesis.DEFAULT.workflow();
    String found = normalized(template.deepCopy());
    Path golden = GOLDEN.resolve(stack + ".template.json");
    if (System.getProperty("golden.update") != null) {
      Files.createDirectories(GOLDEN);
      Files.writeString(golden, found);
    }
    assertThat(found)
        .as("%s; if the change is meant: -Dgolden.update", golden)
        .isEqualTo(Files.readString(golden));
  }

  /** Without what changes with every change of the functions or of the state machine. */
  private static String normalized(JsonNode template) throws IOException {
    for (JsonNode resource : template.get("Resources")) {
      if (resource.get("Properties") instanceof ObjectNode properties
          && properties.has("DefinitionString")) {
        assertThat(properties.get("DefinitionString").asText()).isEqualTo(definition());
        properties.put("DefinitionString", "import.asl.json");
      }
    }
    String text =
        new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(template) + "\n";
    text = ASSET.matcher(text).replaceAll("ASSET");
    return VERSION.matcher(text).replaceAll("$1VERSION");
  }

  private static String definition() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(
            TemplateIT.class.getResourceAsStream("/io/vmferry/statemachine/import.asl.json"))) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  @Test
  void cdkNagFindsNothingThatIsNotExplained() {
    for (Synthesis synthesis : List.of(Synthesis.DEFAULT, Synthesis.EVERYTHING)) {
      List<String> report = synthesis.nagReport();
      assertThat(report).hasSizeGreaterThan(100);
      assertThat(report)
          .noneMatch(line -> line.contains("\"Non-Compliant\"") || line.contains("\"UNKNOWN\""));
      assertThat(report)
          .filteredOn(line -> line.contains("\"Suppressed\""))
          .isNotEmpty()
          // The reason is the fourth column.
          .allMatch(line -> line.split("\",\"", -1)[3].length() > 20);
    }
  }

  @Test
  void stateMachineHasAValueForEveryPlaceholder() throws IOException {
    Set<String> placeholders =
        PLACEHOLDER
            .matcher(definition())
            .results()
            .map(match -> match.group(1))
            .collect(Collectors.toCollection(TreeSet::new));
    for (Synthesis synthesis : List.of(Synthesis.DEFAULT, Synthesis.EVERYTHING)) {
      JsonNode substitutions =
          synthesis
              .all("AWS::StepFunctions::StateMachine")
              .getFirst()
              .get("Properties")
              .get("DefinitionSubstitutions");
      Set<String> given = new TreeSet<>();
      substitutions.fieldNames().forEachRemaining(given::add);
      assertThat(given).isEqualTo(placeholders);
    }
  }

  @Test
  void everyHandlerIsDeployed() throws IOException {
    Set<String> handlers = new TreeSet<>();
    try (var classes =
        Files.list(Path.of("../functions/target/classes/io/vmferry/functions/handler"))) {
      classes
          .map(file -> file.getFileName().toString())
          .filter(name -> name.endsWith("Handler.class") && !name.equals("StepHandler.class"))
          .forEach(
              name -> handlers.add("io.vmferry.functions.handler." + name.replace(".class", "")));
    }
    assertThat(new TreeSet<>(Synthesis.DEFAULT.functions().keySet())).isEqualTo(handlers);
  }

  @Test
  void everyFunctionHasARoleAndALogOfItsOwn() {
    Map<String, JsonNode> functions = Synthesis.DEFAULT.functions();
    assertThat(functions.values())
        .extracting(function -> function.get("Role").toString())
        .doesNotHaveDuplicates();
    assertThat(functions.values())
        .extracting(function -> function.get("LoggingConfig").toString())
        .doesNotHaveDuplicates();
  }

  @Test
  void zipFunctionsRunJava25OnArmFromSnapshots() {
    assertThat(Synthesis.DEFAULT.functions().values())
        .filteredOn(function -> function.has("Handler"))
        .isNotEmpty()
        .allSatisfy(
            function -> {
              assertThat(function.get("Runtime").asText()).isEqualTo("java25");
              assertThat(function.get("Architectures").get(0).asText()).isEqualTo("arm64");
              assertThat(function.get("SnapStart").get("ApplyOn").asText())
                  .isEqualTo("PublishedVersions");
              assertThat(function.get("TracingConfig").get("Mode").asText()).isEqualTo("Active");
            });
  }

  @Test
  void nothingButTheStateMachineAndItsLogHasAPhysicalName() {
    Set<String> names =
        Set.of(
            "BucketName",
            "TableName",
            "FunctionName",
            "RoleName",
            "QueueName",
            "AlarmName",
            "DashboardName",
            "ClusterName",
            "ManagedPolicyName");
    for (JsonNode template : List.of(Synthesis.DEFAULT.storage(), Synthesis.DEFAULT.workflow())) {
      for (JsonNode resource : template.get("Resources")) {
        if (resource.get("Type").asText().startsWith("Custom::")
            || Set.of(
                    "AWS::Lambda::Version",
                    "AWS::Lambda::Alias",
                    "AWS::Lambda::Permission",
                    "AWS::Lambda::EventInvokeConfig",
                    "AWS::Lambda::EventSourceMapping")
                .contains(resource.get("Type").asText())) {
          continue; // these say which function they belong to
        }
        resource
            .path("Properties")
            .fieldNames()
            .forEachRemaining(name -> assertThat(name).isNotIn(names));
      }
    }
  }

  @Test
  void bucketsArePrivateEncryptedAndTakeTlsOnly() {
    List<JsonNode> buckets = Synthesis.DEFAULT.all("AWS::S3::Bucket");
    assertThat(buckets)
        .hasSize(3)
        .allSatisfy(
            bucket -> {
              JsonNode properties = bucket.get("Properties");
              assertThat(properties.get("PublicAccessBlockConfiguration"))
                  .hasSize(4)
                  .allMatch(JsonNode::asBoolean);
              assertThat(properties.has("BucketEncryption")).isTrue();
              assertThat(properties.has("LifecycleConfiguration")).isTrue();
            });
    assertThat(Synthesis.DEFAULT.all("AWS::S3::BucketPolicy"))
        .hasSize(3)
        .allSatisfy(
            policy ->
                assertThat(policy.toString())
                    .contains("{\"Bool\":{\"aws:SecureTransport\":\"false\"}}")
                    .contains("{\"NumericLessThan\":{\"s3:TlsVersion\":1.2}}"));
  }

  @Test
  void onlyTheUsersImagesStayWhenTheStacksGo() {
    Set<String> retained = new TreeSet<>();
    for (JsonNode template : List.of(Synthesis.DEFAULT.storage(), Synthesis.DEFAULT.workflow())) {
      template
          .get("Resources")
          .properties()
          .forEach(
              entry -> {
                if (entry.getValue().path("DeletionPolicy").asText().equals("Retain")) {
                  retained.add(entry.getKey().replaceAll("[0-9A-F]{8}$", ""));
                }
              });
    }
    assertThat(retained).containsExactly("StorageImages");
    assertThat(Synthesis.DEFAULT.all("Custom::S3AutoDeleteObjects")).hasSize(2);
  }

  @Test
  void tableIsTheOneThatTheCodeExpects() {
    CreateTableRequest expected = asCodeCreatesIt();
    JsonNode table = Synthesis.DEFAULT.all("AWS::DynamoDB::Table").getFirst().get("Properties");
    assertThat(table.get("KeySchema").toString())
        .isEqualTo(
            "[{\"AttributeName\":\"%s\",\"KeyType\":\"HASH\"},{\"AttributeName\":\"%s\",\"KeyType\":\"RANGE\"}]"
                .formatted(
                    expected.keySchema().get(0).attributeName(),
                    expected.keySchema().get(1).attributeName()));
    assertThat(
            Synthesis.elements(table.get("AttributeDefinitions"))
                .map(a -> a.get("AttributeName").asText() + a.get("AttributeType").asText()))
        .containsExactlyInAnyOrderElementsOf(
            expected.attributeDefinitions().stream()
                .map(a -> a.attributeName() + a.attributeTypeAsString())
                .toList());
    assertThat(
            Synthesis.elements(table.get("GlobalSecondaryIndexes"))
                .map(
                    i ->
                        i.get("IndexName").asText()
                            + i.get("KeySchema").get(0).get("AttributeName").asText()
                            + i.get("KeySchema").get(1).get("AttributeName").asText()
                            + i.get("Projection").get("ProjectionType").asText()))
        .containsExactlyInAnyOrderElementsOf(
            expected.globalSecondaryIndexes().stream()
                .map(
                    i ->
                        i.indexName()
                            + i.keySchema().get(0).attributeName()
                            + i.keySchema().get(1).attributeName()
                            + i.projection().projectionTypeAsString())
                .toList());
    assertThat(table.get("StreamSpecification").get("StreamViewType").asText())
        .isEqualTo(expected.streamSpecification().streamViewTypeAsString());
    assertThat(table.get("TimeToLiveSpecification").get("AttributeName").asText())
        .isEqualTo(TaskTable.EXPIRES_AT);
  }

  private static final class Captured extends RuntimeException {
    private static final long serialVersionUID = 1;
    private final transient CreateTableRequest request;

    Captured(CreateTableRequest request) {
      this.request = request;
    }
  }

  private static CreateTableRequest asCodeCreatesIt() {
    InvocationHandler capture =
        (proxy, method, arguments) -> {
          if (method.getName().equals("createTable")
              && arguments[0] instanceof CreateTableRequest request) {
            throw new Captured(request);
          }
          return InvocationHandler.invokeDefault(proxy, method, arguments);
        };
    DynamoDbClient client =
        (DynamoDbClient)
            Proxy.newProxyInstance(
                TemplateIT.class.getClassLoader(), new Class<?>[] {DynamoDbClient.class}, capture);
    Throwable thrown = catchThrowable(() -> TaskTable.create(client, "tasks"));
    assertThat(thrown).isInstanceOf(Captured.class);
    return ((Captured) thrown).request;
  }

  @Test
  void apiTakesSignedRequestsOnly() {
    JsonNode url = Synthesis.DEFAULT.all("AWS::Lambda::Url").getFirst().get("Properties");
    assertThat(url.get("AuthType").asText()).isEqualTo("AWS_IAM");
    assertThat(url.has("Cors")).isFalse();
  }

  @Test
  void settingsReachTheTemplates() {
    Synthesis all = Synthesis.EVERYTHING;
    assertThat(all.all("AWS::IAM::Role"))
        .filteredOn(role -> !role.toString().contains("CustomS3AutoDelete"))
        .filteredOn(role -> role.path("Properties").has("Policies"))
        .filteredOn(role -> !role.path("Properties").has("PermissionsBoundary"))
        .allMatch(role -> role.toString().contains("S3AutoDelete"));
    assertThat(all.all("AWS::S3::Bucket")).hasSize(2);
    assertThat(all.all("AWS::CloudWatch::Alarm"))
        .allMatch(a -> a.toString().contains("arn:aws:sns:eu-west-1:111122223333:alarms"));
    assertThat(all.all("AWS::EC2::VPC")).isEmpty();
    Map<String, JsonNode> functions = all.functions();
    assertThat(functions.values()).allMatch(function -> function.has("VpcConfig"));
    JsonNode start =
        Objects.requireNonNull(functions.get("io.vmferry.functions.handler.StartImportHandler"));
    assertThat(start.get("Environment").get("Variables").get("VMFERRY_ACTIVE_TASKS").asText())
        .isEqualTo("5");
    assertThat(
            Objects.requireNonNull(
                    functions.get("io.vmferry.functions.handler.ConvertChunkHandler"))
                .get("ReservedConcurrentExecutions")
                .asInt())
        .isEqualTo(100);
    assertThat(all.all("AWS::Logs::LogGroup"))
        .allMatch(log -> log.get("Properties").get("RetentionInDays").asInt() == 14);
    assertThat(all.workflow().toString())
        .contains(":s3:::agents/ssm/*")
        .contains("kms:GrantIsForAWSResource")
        .contains("\"Key\":\"team\",\"Value\":\"storage\"");
  }
}
