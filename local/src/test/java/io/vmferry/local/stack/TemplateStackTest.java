package io.vmferry.local.stack;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.aws.HttpsRemoteFiles;
import io.vmferry.functions.aws.TaskTable;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import io.vmferry.local.EmbeddedAws;
import io.vmferry.local.HandWrittenAssembly;
import io.vmferry.local.cloudformation.CloudAssembly;
import io.vmferry.local.cloudformation.DeploymentReader;
import io.vmferry.local.deployment.Deployment;
import io.vmferry.local.deployment.FunctionSpec;
import io.vmferry.local.deployment.StateMachineSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndexDescription;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;
import software.amazon.awssdk.services.s3.model.S3Object;

class TemplateStackTest {
  @TempDir private Path directory;

  private EmbeddedStack deploy(EmbeddedAws aws, HandWrittenAssembly assembly) throws IOException {
    return EmbeddedStack.deploy(
        aws,
        directory.resolve("stepfunctions"),
        CloudAssembly.read(assembly.write(directory.resolve("cdk.out"))),
        Map.of("SnapshotPollSeconds", "1"),
        options());
  }

  private static EmbeddedStack.Options options() {
    return EmbeddedStack.Options.defaults(new HttpsRemoteFiles());
  }

  private static Task importing(EmbeddedStack stack) {
    byte[] disk = new byte[1 << 20];
    new Random(1).nextBytes(disk);
    String bucket = stack.config().uploads().orElseThrow().bucket();
    stack.ports().objects().put(bucket, "uploads/1/disk.raw", disk);
    String id =
        stack.startImport(
            new ImportRequest(
                TaskKind.IMPORT_IMAGE,
                List.of(
                    new DiskContainer(
                        "s3://" + bucket + "/uploads/1/disk.raw",
                        Optional.of("raw"),
                        Optional.empty(),
                        Optional.empty())),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Map.of(),
                GuestOptions.AS_IT_IS));
    assertThat(stack.awaitExecution(id, Duration.ofMinutes(2))).isTrue();
    return stack.ports().tasks().find(id).orElseThrow();
  }

  private static List<String> objects(EmbeddedStack stack, String bucket) {
    return stack.clients().s3().listObjectsV2(list -> list.bucket(bucket)).contents().stream()
        .map(S3Object::key)
        .toList();
  }

  @Test
  void anImportSucceedsWithThePermissionsOfTheTemplate() throws IOException {
    try (EmbeddedAws aws = EmbeddedAws.start(EmbeddedAws.Options.of(directory.resolve("aws")));
        EmbeddedStack stack = deploy(aws, new HandWrittenAssembly())) {
      Set<String> callers = new HashSet<>();
      aws.observe((accessKeyId, service, operation) -> callers.add(accessKeyId));

      Task task = importing(stack);

      assertThat(task.status()).as(Json.write(task)).isEqualTo(TaskStatus.COMPLETED);
      assertThat(task.imageId()).isPresent();
      assertThat(objects(stack, stack.config().workBucket())).isEmpty();
      assertThat(objects(stack, stack.config().uploads().orElseThrow().bucket())).isEmpty();
      assertThat(callers.stream().filter(key -> key.startsWith("ASIA")).toList())
          .as("the roles that called something")
          .hasSizeGreaterThanOrEqualTo(6);
    }
  }

  @Test
  void aPermissionThatIsMissingFailsTheImportAndCleanupStillRuns() throws IOException {
    HandWrittenAssembly assembly =
        new HandWrittenAssembly().without("ConvertChunk", "ebs:PutSnapshotBlock");
    try (EmbeddedAws aws = EmbeddedAws.start(EmbeddedAws.Options.of(directory.resolve("aws")));
        EmbeddedStack stack = deploy(aws, assembly)) {

      Task task = importing(stack);

      assertThat(task.status()).isEqualTo(TaskStatus.DELETED);
      assertThat(task.error().orElseThrow().code()).isEqualTo(ErrorCode.SERVICE_ACCESS_DENIED);
      assertThat(task.error().orElseThrow().message())
          .contains("ConvertChunkRole")
          .contains("no identity-based policy allows the ebs:PutSnapshotBlock action");
      assertThat(aws.snapshots().all()).isEmpty();
      assertThat(objects(stack, stack.config().workBucket())).isEmpty();
    }
  }

  @Test
  void aFunctionThatMayNotStartTheStateMachineSaysSo() throws IOException {
    HandWrittenAssembly assembly =
        new HandWrittenAssembly().without("StartImport", "states:StartExecution");
    try (EmbeddedAws aws = EmbeddedAws.start(EmbeddedAws.Options.of(directory.resolve("aws")));
        EmbeddedStack stack = deploy(aws, assembly)) {

      assertThatThrownBy(() -> importing(stack))
          .isInstanceOf(VmferryException.class)
          .hasMessageContaining("states:StartExecution");
    }
  }

  @Test
  void aVariableThatIsMissingFailsTheDeployment() throws IOException {
    HandWrittenAssembly assembly = new HandWrittenAssembly();
    ((ObjectNode)
            assembly
                .resource("PlanFunction")
                .path("Properties")
                .path("Environment")
                .path("Variables"))
        .remove("VMFERRY_TABLE");
    try (EmbeddedAws aws = EmbeddedAws.start(EmbeddedAws.Options.of(directory.resolve("aws")))) {
      assertThatThrownBy(() -> deploy(aws, assembly))
          .isInstanceOf(VmferryException.class)
          .hasMessageContaining("the environment variable VMFERRY_TABLE is not set");
    }
  }

  @Test
  void aSubstitutionThatIsMissingFailsTheDeployment() throws IOException {
    HandWrittenAssembly assembly = new HandWrittenAssembly();
    ((ObjectNode)
            assembly.resource("Import0123ABCD").path("Properties").path("DefinitionSubstitutions"))
        .remove("PlanFunction");
    try (EmbeddedAws aws = EmbeddedAws.start(EmbeddedAws.Options.of(directory.resolve("aws")))) {
      assertThatThrownBy(() -> deploy(aws, assembly))
          .isInstanceOf(IllegalStateException.class)
          .rootCause()
          .hasMessageContaining("PlanFunction");
    }
  }

  @Test
  void aHandlerThatIsNotThereFailsTheDeployment() throws IOException {
    HandWrittenAssembly assembly = new HandWrittenAssembly();
    ((ObjectNode) assembly.resource("PlanFunction").path("Properties"))
        .put("Handler", "io.vmferry.functions.handler.PlannHandler");
    try (EmbeddedAws aws = EmbeddedAws.start(EmbeddedAws.Options.of(directory.resolve("aws")))) {
      assertThatThrownBy(() -> deploy(aws, assembly))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("PlanFunction: there is no handler");
    }
  }

  @Test
  void theStackOfTheCommandLineHasTheSameFunctionsVariablesAndSubstitutions() throws IOException {
    Deployment template =
        DeploymentReader.read(
            CloudAssembly.read(new HandWrittenAssembly().write(directory.resolve("cdk.out"))),
            "us-east-1",
            "000000000000",
            Map.of());
    Deployment byHand = DefaultDeployment.of("us-east-1", "000000000000", options());

    assertThat(handlers(template)).isEqualTo(handlers(byHand));
    for (FunctionSpec function : template.functions()) {
      assertThat(byHand.functionOf(function.handlerName()).orElseThrow().environment().keySet())
          .containsAll(function.environment().keySet());
    }
    StateMachineSpec machine = template.stateMachines().getFirst();
    StateMachineSpec other = byHand.stateMachines().getFirst();
    assertThat(functions(template, machine)).isEqualTo(functions(byHand, other));
    assertThat(machine.definition()).isEqualTo(other.definition());
  }

  private static Set<String> handlers(Deployment deployment) {
    return deployment.functions().stream()
        .map(FunctionSpec::handlerClass)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /**
   * Which handler each placeholder of the definition stands for; those of other things for none.
   */
  private static Map<String, String> functions(Deployment deployment, StateMachineSpec machine) {
    Map<String, String> handlers = new HashMap<>();
    machine
        .substitutions()
        .forEach(
            (placeholder, value) -> {
              if (machine.definition().contains("${" + placeholder + "}")) {
                handlers.put(placeholder, "");
                deployment.functions().stream()
                    .filter(f -> f.arn().equals(value) || f.name().equals(value))
                    .forEach(f -> handlers.put(placeholder, f.handlerClass()));
              }
            });
    return handlers;
  }

  @Test
  void theTableOfTheTemplateIsTheOneTheFunctionsAreWrittenFor() throws IOException {
    try (EmbeddedAws aws = EmbeddedAws.start(EmbeddedAws.Options.of(directory.resolve("aws")));
        EmbeddedStack stack = deploy(aws, new HandWrittenAssembly())) {
      DynamoDbClient dynamoDb = stack.clients().dynamoDb();
      TaskTable.create(dynamoDb, "as-written");

      String deployed = stack.config().table();
      assertThat(shape(dynamoDb, deployed)).isEqualTo(shape(dynamoDb, "as-written"));
      assertThat(dynamoDb.describeTimeToLive(d -> d.tableName(deployed)).timeToLiveDescription())
          .isEqualTo(
              dynamoDb.describeTimeToLive(d -> d.tableName("as-written")).timeToLiveDescription());
    }
  }

  private static Map<String, Object> shape(DynamoDbClient dynamoDb, String name) {
    TableDescription table = dynamoDb.describeTable(d -> d.tableName(name)).table();
    Map<String, Object> indexes = new HashMap<>();
    for (GlobalSecondaryIndexDescription index : table.globalSecondaryIndexes()) {
      indexes.put(index.indexName(), List.of(index.keySchema(), index.projection()));
    }
    return Map.of(
        "keys",
        table.keySchema(),
        "attributes",
        new HashSet<>(table.attributeDefinitions()),
        "indexes",
        indexes,
        "stream",
        String.valueOf(table.streamSpecification()));
  }
}
