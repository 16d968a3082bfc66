package io.vmferry.infra;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.cdklabs.cdknag.AwsSolutionsChecks;
import io.vmferry.infra.stack.Settings;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import software.amazon.awscdk.App;
import software.amazon.awscdk.AppProps;
import software.amazon.awscdk.Aspects;

/**
 * The app's templates, synthesized once for all tests of this module: it takes Node and a quarter
 * of a minute.
 */
final class Synthesis {
  /** As it is deployed without any settings; what the end-to-end tests deploy as well. */
  static final Synthesis DEFAULT = of(Path.of("target/cdk.out"), Map.of(), Map.of());

  /** With every setting that adds something. */
  static final Synthesis EVERYTHING =
      of(
          Path.of("target/cdk-everything"),
          Map.ofEntries(
              Map.entry("stackPrefix", "Other"),
              Map.entry("imagesBucket", "my-images"),
              Map.entry("encryptionKey", "arn:aws:kms:eu-west-1:111122223333:key/storage"),
              Map.entry("sourceBuckets", "others-images, more-images"),
              Map.entry("imageKeys", "arn:aws:kms:eu-west-1:111122223333:key/images"),
              Map.entry("vpcId", "vpc-1"),
              Map.entry("activeTasks", 5),
              Map.entry("chunksAtOnce", 12),
              Map.entry("convertConcurrency", 100),
              Map.entry("fargateCpu", "1024"),
              Map.entry("fargateMemory", "4096"),
              Map.entry("taskRetentionDays", 30),
              Map.entry("logRetentionDays", 14),
              Map.entry("agentLocations", List.of("s3://agents/ssm/*")),
              Map.entry("notificationTopic", "arn:aws:sns:eu-west-1:111122223333:tasks"),
              Map.entry("alarmTopic", "arn:aws:sns:eu-west-1:111122223333:alarms"),
              Map.entry("permissionsBoundary", "arn:aws:iam::111122223333:policy/boundary"),
              Map.entry("tags", "team=storage")),
          Map.of("CDK_DEFAULT_ACCOUNT", "111122223333", "CDK_DEFAULT_REGION", "eu-west-1"));

  private final Path directory;
  private final JsonNode storage;
  private final JsonNode workflow;

  private Synthesis(Path directory, JsonNode storage, JsonNode workflow) {
    this.directory = directory;
    this.storage = storage;
    this.workflow = workflow;
  }

  private static Synthesis of(
      Path directory, Map<String, Object> context, Map<String, String> environment) {
    // The functions and the image as functions' package phase has built them.
    Map<String, Object> settings = new HashMap<>(context);
    settings.put("functionsZip", "../functions/target/vmferry-functions.zip");
    settings.put("imageDirectory", "../functions/target/image");
    String prefix = String.valueOf(context.getOrDefault("stackPrefix", "Vmferry"));
    try {
      App app = new App(AppProps.builder().outdir(directory.toString()).build());
      VmferryApp.addStacks(app, Settings.from(settings::get), environment);
      Aspects.of(app).add(new AwsSolutionsChecks());
      app.synth();
      ObjectMapper json = new ObjectMapper();
      return new Synthesis(
          directory,
          json.readTree(directory.resolve(prefix + "Storage.template.json").toFile()),
          json.readTree(directory.resolve(prefix + "Workflow.template.json").toFile()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Buckets and table. */
  JsonNode storage() {
    return storage;
  }

  /** Functions and state machine. */
  JsonNode workflow() {
    return workflow;
  }

  /** The lines of cdk-nag's reports. */
  List<String> nagReport() {
    try (Stream<Path> files = Files.list(directory)) {
      List<String> lines = new ArrayList<>();
      for (Path file :
          (Iterable<Path>) files.filter(f -> f.toString().endsWith("NagReport.csv"))::iterator) {
        lines.addAll(Files.readAllLines(file).stream().skip(1).toList());
      }
      return lines;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The resources of a type in both templates. */
  List<JsonNode> all(String type) {
    return Stream.of(storage, workflow)
        .flatMap(template -> elements(template.get("Resources")))
        .filter(resource -> resource.get("Type").asText().equals(type))
        .toList();
  }

  /** The functions of ours by their Java class. */
  Map<String, JsonNode> functions() {
    Map<String, JsonNode> functions = new HashMap<>();
    for (JsonNode function : all("AWS::Lambda::Function")) {
      String handler = function.path("Metadata").path("vmferry:handler").asText();
      if (!handler.isEmpty()) {
        functions.put(handler, function.get("Properties"));
      }
    }
    return functions;
  }

  /** The statements of a role that a {@code Fn::GetAtt} names. */
  List<JsonNode> statements(JsonNode roleArn) {
    JsonNode role =
        workflow.get("Resources").get(roleArn.get("Fn::GetAtt").get(0).asText()).get("Properties");
    return elements(role.path("Policies"))
        .flatMap(policy -> elements(policy.get("PolicyDocument").get("Statement")))
        .toList();
  }

  /** A member that is one value or a list of them. */
  static List<JsonNode> oneOrMany(JsonNode node) {
    return node.isArray() ? elements(node).toList() : List.of(node);
  }

  /** The elements of an array, or the values of an object. */
  static Stream<JsonNode> elements(JsonNode node) {
    return StreamSupport.stream(node.spliterator(), false);
  }
}
