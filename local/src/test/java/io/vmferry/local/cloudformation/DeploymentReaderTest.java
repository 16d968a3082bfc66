package io.vmferry.local.cloudformation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmferry.local.HandWrittenAssembly;
import io.vmferry.local.deployment.Deployment;
import io.vmferry.local.deployment.FunctionSpec;
import io.vmferry.local.deployment.RuleSpec;
import io.vmferry.local.deployment.StateMachineSpec;
import io.vmferry.local.iam.Access;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DeploymentReaderTest {
  @TempDir private Path directory;

  private Deployment read(HandWrittenAssembly assembly) throws IOException {
    CloudAssembly written = CloudAssembly.read(assembly.write(directory.resolve("cdk.out")));
    return DeploymentReader.read(written, "us-east-1", "000000000000", Map.of());
  }

  private static JsonNode json(String text) {
    try {
      return new ObjectMapper().readTree(text.replace('\'', '"'));
    } catch (JsonProcessingException e) {
      throw new IllegalArgumentException(e);
    }
  }

  @Test
  void readsFunctionsWithEverythingResolved() throws IOException {
    Deployment deployment = read(new HandWrittenAssembly());

    FunctionSpec plan = deployment.functionOf("PlanHandler").orElseThrow();
    assertThat(plan.name()).startsWith("Workflow-PlanFunction-").hasSizeLessThanOrEqualTo(64);
    assertThat(plan.arn())
        .isEqualTo("arn:aws:lambda:us-east-1:000000000000:function:" + plan.name());
    assertThat(plan.handlerClass()).isEqualTo("io.vmferry.functions.handler.PlanHandler");
    assertThat(plan.settings().timeout()).isEqualTo(Duration.ofMinutes(15));
    assertThat(plan.settings().memoryMegabytes()).isEqualTo(1024);
    assertThat(plan.code().orElseThrow()).hasFileName("asset.f00d.zip").exists();
    String work = deployment.buckets().get(1).name();
    assertThat(work).matches("storage-work0123abcd-[0-9a-f]{12}");
    assertThat(plan.environment())
        .containsEntry("VMFERRY_WORK_BUCKET", work)
        .containsEntry("VMFERRY_TABLE", deployment.tables().getFirst().name())
        .containsEntry("VMFERRY_UPLOADS", deployment.buckets().getFirst().name() + "/uploads/")
        .containsEntry("VMFERRY_WORKERS", "4");
    assertThat(deployment.buckets().getFirst().eventBridge()).isTrue();
  }

  @Test
  void readsTheStateMachineWithItsFunctions() throws IOException {
    Deployment deployment = read(new HandWrittenAssembly());

    StateMachineSpec machine = deployment.stateMachines().getFirst();
    assertThat(machine.name()).isEqualTo("vmferry-import-of-the-template");
    assertThat(machine.definition()).contains("\"StartAt\": \"Validate\"");
    assertThat(machine.substitutions())
        .containsEntry("MaxConcurrency", "1000")
        .containsEntry("PlanFunction", deployment.functionOf("PlanHandler").orElseThrow().arn());
    assertThat(deployment.functionOf("StartImportHandler").orElseThrow().environment())
        .containsEntry("VMFERRY_IMPORT_STATE_MACHINE", machine.arn());
    RuleSpec rule = deployment.rules().getFirst();
    assertThat(rule.pattern().orElseThrow().path("detail").path("stateMachineArn").path(0).asText())
        .isEqualTo(machine.arn());
    assertThat(rule.targets())
        .extracting(RuleSpec.Target::arn)
        .containsExactly(deployment.functionOf("CleanupEventHandler").orElseThrow().arn());
    assertThat(deployment.streams().getFirst().table())
        .isEqualTo(deployment.tables().getFirst().name());
    assertThat(deployment.streams().getFirst().sortKeys()).containsExactly("task", "effect#*");
  }

  @Test
  void readsRolesWithWhatIsAttachedToThem() throws IOException {
    Deployment deployment = read(new HandWrittenAssembly());

    FunctionSpec start = deployment.functionOf("StartImportHandler").orElseThrow();
    var role = deployment.role(start.roleArn().orElseThrow()).orElseThrow();
    String machine = deployment.stateMachines().getFirst().arn();
    assertThat(role.denial(Access.to("states:StartExecution", machine))).isEmpty();
    assertThat(role.denial(Access.to("states:StartExecution", machine + "2"))).isPresent();
    assertThat(role.denial(Access.to("logs:PutLogEvents", "arn:aws:logs:us-east-1:0:x:y")))
        .isEmpty();
    assertThat(role.denial(Access.to("ebs:PutSnapshotBlock", "*"))).isPresent();
  }

  @Test
  void namesWhatItDoesNotActOn() throws IOException {
    HandWrittenAssembly assembly = new HandWrittenAssembly();
    ObjectNode helper = assembly.workflow().withObject("/Resources").putObject("Helper");
    helper.put("Type", "AWS::Lambda::Function");
    helper.set(
        "Properties", json("{'Code':{'ZipFile':'x'},'Runtime':'nodejs22.x','Handler':'index.h'}"));

    assertThat(read(assembly).unused())
        .containsExactlyInAnyOrderEntriesOf(
            Map.of(
                "Storage/CDKMetadata",
                "AWS::CDK::Metadata",
                "Workflow/Helper",
                "AWS::Lambda::Function, not of Java"));
  }

  @Test
  void resolvesConditionsParametersAndMappings() throws IOException {
    HandWrittenAssembly assembly = new HandWrittenAssembly();
    assembly.workflow().set("Parameters", json("{'Size':{'Type':'String','Default':'small'}}"));
    assembly
        .workflow()
        .set("Mappings", json("{'Sizes':{'small':{'Workers':'7'},'large':{'Workers':'70'}}}"));
    assembly
        .workflow()
        .set(
            "Conditions",
            json(
                "{'IsLarge':{'Fn::Equals':[{'Ref':'Size'},'large']},"
                    + "'IsSmall':{'Fn::Not':[{'Condition':'IsLarge'}]}}"));
    ObjectNode variables =
        (ObjectNode)
            assembly
                .resource("PlanFunction")
                .path("Properties")
                .path("Environment")
                .path("Variables");
    variables.set("VMFERRY_WORKERS", json("{'Fn::FindInMap':['Sizes',{'Ref':'Size'},'Workers']}"));
    variables.set("VMFERRY_RETENTION_DAYS", json("{'Fn::If':['IsLarge','1','2']}"));
    variables.set("GONE", json("{'Fn::If':['IsLarge','1',{'Ref':'AWS::NoValue'}]}"));
    variables.set("SECOND", json("{'Fn::Select':['1',{'Fn::Split':['-','a-b-c']}]}"));
    variables.set("SUB", json("{'Fn::Sub':['${!x}${y}${AWS::StackName}',{'y':'-'}]}"));
    assembly.resource("NoteFailureFunction").put("Condition", "IsSmall");
    ObjectNode other = assembly.workflow().withObject("/Resources").putObject("Other");
    other.put("Type", "AWS::Not::Made").put("Condition", "IsLarge");

    Map<String, String> environment =
        read(assembly).functionOf("PlanHandler").orElseThrow().environment();

    assertThat(environment)
        .containsEntry("VMFERRY_WORKERS", "7")
        .containsEntry("VMFERRY_RETENTION_DAYS", "2")
        .containsEntry("SECOND", "b")
        .containsEntry("SUB", "${x}-Workflow")
        .doesNotContainKey("GONE");
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource
  void refuses(Consumer<HandWrittenAssembly> defect, String message) {
    HandWrittenAssembly assembly = new HandWrittenAssembly();
    defect.accept(assembly);

    assertThatThrownBy(() -> read(assembly))
        .isInstanceOf(TemplateException.class)
        .hasMessageContaining(message);
  }

  private static Consumer<HandWrittenAssembly> property(String id, String name, String value) {
    return assembly ->
        ((ObjectNode) assembly.resource(id).path("Properties")).set(name, json(value));
  }

  static Stream<Arguments> refuses() {
    Consumer<HandWrittenAssembly> unknownType =
        a -> a.workflow().withObject("/Resources/X").put("Type", "AWS::Braket::Device");
    Consumer<HandWrittenAssembly> transform = a -> a.workflow().put("Transform", "x");
    Consumer<HandWrittenAssembly> nobody = a -> a.resource("PlanRole").put("Condition", "No");
    Consumer<HandWrittenAssembly> noPermission =
        a -> ((ObjectNode) a.workflow().path("Resources")).remove("AllowCleanupRule");
    Consumer<HandWrittenAssembly> circle =
        a -> {
          a.resource("PlanRole").put("DependsOn", "PlanFunction");
        };
    Consumer<HandWrittenAssembly> condition =
        a ->
            ((ObjectNode) a.statements("Plan").get(0))
                .set("Condition", json("{'StringEquals':{'aws:SourceVpc':'vpc-1'}}"));
    return Stream.of(
        Arguments.of(unknownType, "Workflow/X: the type AWS::Braket::Device is not supported here"),
        Arguments.of(transform, "Workflow: Transform is not supported here"),
        Arguments.of(nobody, "there is no condition No"),
        Arguments.of(noPermission, "no permission lets it call"),
        Arguments.of(circle, "circular dependency between resources: [PlanFunction, PlanRole]"),
        Arguments.of(condition, "the condition key 'aws:SourceVpc' is not evaluated here"),
        Arguments.of(
            property("PlanFunction", "FileSystemConfigs", "[]"),
            "Workflow/PlanFunction: not supported here: FileSystemConfigs"),
        Arguments.of(
            property("PlanFunction", "Runtime", "'java21'"),
            "Runtime is java21; supported: java25"),
        Arguments.of(property("PlanFunction", "MemorySize", "64"), "128 to 10,240 MB, not 64"),
        Arguments.of(
            property("PlanFunction", "Environment", "{'Variables':{'AWS_REGION':'x'}}"),
            "Lambda reserves the environment variable AWS_REGION"),
        Arguments.of(
            property("PlanFunction", "Role", "{'Fn::GetAtt':['MachineRole','Arn']}"),
            "cannot be assumed by lambda.amazonaws.com"),
        Arguments.of(
            property("PlanFunction", "Code", "{'S3Bucket':'b','S3Key':'gone.zip'}"),
            "no asset of the stack becomes the object gone.zip"),
        Arguments.of(
            property("PlanFunction", "Handler", "{'Ref':'Nothing'}"),
            "there is no resource Nothing"),
        Arguments.of(
            property("PlanFunction", "Handler", "{'Fn::GetAtt':['MachineRole','Color']}"),
            "the attribute Color of MachineRole (AWS::IAM::Role) is not known here"),
        Arguments.of(
            property("PlanFunction", "Handler", "{'Fn::ImportValue':'Storage:Nothing'}"),
            "no stack before this one exports 'Storage:Nothing'"),
        Arguments.of(
            property("PlanFunction", "Handler", "{'Fn::Cidr':['10.0.0.0/8',1]}"),
            "Fn::Cidr is not supported here"),
        Arguments.of(
            property(
                "CleanupRule", "Targets", "[{'Id':'1','Arn':'arn:aws:lambda:a:b:function:c'}]"),
            "it calls arn:aws:lambda:a:b:function:c, which is not there"),
        Arguments.of(
            property(
                "CleanupRule",
                "Targets",
                "[{'Id':'1','Arn':'arn:x','InputTransformer':{'InputTemplate':'x'}}]"),
            "Workflow/CleanupRule/Targets[0]: not supported here: InputTransformer"),
        Arguments.of(
            property(
                "PlanRole", "ManagedPolicyArns", "['arn:aws:iam::aws:policy/AdministratorAccess']"),
            "the policy arn:aws:iam::aws:policy/AdministratorAccess is not known here"));
  }

  @Test
  void twoReadsGiveTheSameNames() throws IOException {
    Deployment one = read(new HandWrittenAssembly());
    Deployment other = read(new HandWrittenAssembly());

    assertThat(other.functions()).extracting(FunctionSpec::name).isEqualTo(names(one));
    assertThat(other.buckets()).isEqualTo(one.buckets());
  }

  private static List<String> names(Deployment deployment) {
    return deployment.functions().stream().map(FunctionSpec::name).toList();
  }
}
