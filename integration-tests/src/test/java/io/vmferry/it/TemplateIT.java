package io.vmferry.it;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.functions.aws.HttpsRemoteFiles;
import io.vmferry.functions.aws.TaskTable;
import io.vmferry.local.deployment.Deployment;
import io.vmferry.local.deployment.FunctionSpec;
import io.vmferry.local.deployment.StateMachineSpec;
import io.vmferry.local.stack.EmbeddedStack;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.GlobalSecondaryIndexDescription;
import software.amazon.awssdk.services.dynamodb.model.TableDescription;

/**
 * The synthesized templates on the embedded AWS: a variable that is wrong, or a permission that is
 * missing, fails here and not in an account.
 */
class TemplateIT extends EndToEndSuite {
  @Override
  DeployedSystem deploy(Path state) throws IOException {
    return EmbeddedTemplate.inProcess(state);
  }

  private EmbeddedTemplate template() {
    return (EmbeddedTemplate) system();
  }

  private Deployment deployment() {
    return template().stack().deployment();
  }

  private static Deployment ofTheCommandLine() {
    return EmbeddedStack.defaultDeployment(
        "us-east-1", "000000000000", EmbeddedStack.Options.defaults(new HttpsRemoteFiles()));
  }

  @Test
  void theCommandLineHasTheSameFunctionsWithTheSameVariables() {
    Deployment byHand = ofTheCommandLine();

    assertThat(handlers(deployment())).isEqualTo(handlers(byHand));
    for (FunctionSpec function : deployment().functions()) {
      assertThat(byHand.functionOf(function.handlerName()).orElseThrow().environment().keySet())
          .as(function.handlerName())
          .containsAll(function.environment().keySet());
    }
  }

  @Test
  void theCommandLineHasTheSameStateMachine() {
    Deployment byHand = ofTheCommandLine();
    StateMachineSpec machine = deployment().stateMachines().getFirst();
    StateMachineSpec other = byHand.stateMachines().getFirst();

    assertThat(machine.definition()).isEqualTo(other.definition());
    assertThat(functions(deployment(), machine)).isEqualTo(functions(byHand, other));
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
                    .filter(
                        f ->
                            value.equals(f.name())
                                || value.equals(f.arn())
                                || value.startsWith(f.arn() + ":"))
                    .forEach(f -> handlers.put(placeholder, f.handlerClass()));
              }
            });
    return handlers;
  }

  @Test
  void everyRoleBelongsToOneFunctionOrStateMachine() {
    List<String> roles =
        deployment().functions().stream().map(f -> f.roleArn().orElseThrow()).toList();

    assertThat(roles).doesNotHaveDuplicates();
    assertThat(deployment().stateMachines())
        .extracting(machine -> machine.roleArn().orElseThrow())
        .doesNotContainAnyElementsOf(roles);
  }

  @Test
  void theTableIsTheOneTheFunctionsAreWrittenFor() {
    DynamoDbClient dynamoDb = template().stack().clients().dynamoDb();
    TaskTable.create(dynamoDb, "as-written");

    String deployed = template().stack().config().table();
    assertThat(shape(dynamoDb, deployed)).isEqualTo(shape(dynamoDb, "as-written"));
    assertThat(dynamoDb.describeTimeToLive(d -> d.tableName(deployed)).timeToLiveDescription())
        .isEqualTo(
            dynamoDb.describeTimeToLive(d -> d.tableName("as-written")).timeToLiveDescription());
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
