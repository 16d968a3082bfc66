package io.vmferry.local.cloudformation;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.local.cloudformation.CloudAssembly.StackTemplate;
import io.vmferry.local.deployment.BucketSpec;
import io.vmferry.local.deployment.Deployment;
import io.vmferry.local.deployment.FunctionSpec;
import io.vmferry.local.deployment.PermissionSpec;
import io.vmferry.local.deployment.RuleSpec;
import io.vmferry.local.deployment.StateMachineSpec;
import io.vmferry.local.deployment.StreamSpec;
import io.vmferry.local.deployment.TableSpec;
import io.vmferry.local.iam.InvalidPolicyException;
import io.vmferry.local.iam.Role;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Reads what a cloud assembly deploys. Types it does not know are refused, and so are properties it
 * does not know of the types it acts on; {@link Deployment#unused} names the resources that nothing
 * acts on.
 */
public final class DeploymentReader {
  private static final Set<String> TEMPLATE_MEMBERS =
      Set.of(
          "AWSTemplateFormatVersion",
          "Conditions",
          "Description",
          "Mappings",
          "Metadata",
          "Outputs",
          "Parameters",
          "Resources",
          "Rules");
  private static final Set<String> RESOURCE_MEMBERS =
      Set.of(
          "Condition",
          "DeletionPolicy",
          "DependsOn",
          "Metadata",
          "Properties",
          "Type",
          "UpdateReplacePolicy");

  private final String region;
  private final String account;
  private final Map<String, String> parameters;
  private final Map<String, String> exports = new HashMap<>();
  private final List<BucketSpec> buckets = new ArrayList<>();
  private final List<TableSpec> tables = new ArrayList<>();
  private final List<FunctionSpec> functions = new ArrayList<>();
  private final List<StateMachineSpec> stateMachines = new ArrayList<>();
  private final List<RuleSpec> rules = new ArrayList<>();
  private final List<StreamSpec> streams = new ArrayList<>();
  private final List<PermissionSpec> permissions = new ArrayList<>();
  private final Map<String, Set<String>> qualifiers = new HashMap<>();
  private final RoleCollector roles = new RoleCollector();
  private final Map<String, String> outputs = new LinkedHashMap<>();
  private final Map<String, String> unused = new LinkedHashMap<>();

  private DeploymentReader(String region, String account, Map<String, String> parameters) {
    this.region = region;
    this.account = account;
    this.parameters = parameters;
  }

  /**
   * What an assembly deploys.
   *
   * @param region the Region it is deployed to
   * @param account the account, 12 digits
   * @param parameters values for the templates' parameters
   * @throws TemplateException if a template is wrong, or holds what is not supported here
   */
  public static Deployment read(
      CloudAssembly assembly, String region, String account, Map<String, String> parameters) {
    DeploymentReader reader = new DeploymentReader(region, account, parameters);
    assembly.stacks().forEach(reader::stack);
    return reader.deployment();
  }

  private void stack(StackTemplate stack) {
    stack
        .template()
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!TEMPLATE_MEMBERS.contains(name)) {
                throw new TemplateException(stack.name(), name + " is not supported here");
              }
            });
    Resolver resolver = new Resolver(stack, region, account, parameters, exports);
    for (Map.Entry<String, JsonNode> resource : stack.template().path("Resources").properties()) {
      if (resolver.isWanted(resource.getValue())) {
        resource(stack, resolver, resource.getKey(), resource.getValue());
      }
    }
    resolver.refuseCircles();
    for (Map.Entry<String, JsonNode> output : stack.template().path("Outputs").properties()) {
      output(stack, resolver, output.getKey(), output.getValue());
    }
  }

  private void output(StackTemplate stack, Resolver resolver, String name, JsonNode output) {
    if (!resolver.isWanted(output)) {
      return;
    }
    String where = stack.name() + "/Outputs/" + name;
    String value = resolver.resolve(where, output.path("Value")).asText();
    outputs.put(stack.name() + "." + name, value);
    if (output.has("Export")) {
      String export = resolver.resolve(where, output.path("Export").path("Name")).asText();
      if (exports.put(export, value) != null) {
        throw new TemplateException(where, "'" + export + "' is exported twice");
      }
    }
  }

  private void resource(
      StackTemplate stack, Resolver resolver, String logicalId, JsonNode resource) {
    String where = resolver.where(logicalId);
    resource
        .fieldNames()
        .forEachRemaining(
            name -> {
              if (!RESOURCE_MEMBERS.contains(name)) {
                throw new TemplateException(where, name + " is not supported here");
              }
            });
    String type = resource.path("Type").asText();
    Properties properties = new Properties(where, resolver.properties(logicalId, resource));
    Identity identity = resolver.identity(where, logicalId);
    try {
      if (!acted(stack, type, logicalId, identity, properties, resource.path("Metadata"))) {
        if (UnusedTypes.reason(type).isEmpty()) {
          throw new TemplateException(where, "the type " + type + " is not supported here");
        }
        unused.put(where, type);
      }
    } catch (InvalidPolicyException e) {
      throw new TemplateException(where, String.valueOf(e.getMessage()), e);
    }
  }

  /** Reads a resource of a type that is acted on; false if its type is none of them. */
  private boolean acted(
      StackTemplate stack,
      String type,
      String logicalId,
      Identity identity,
      Properties properties,
      JsonNode metadata) {
    switch (type) {
      case "AWS::S3::Bucket" -> buckets.add(StorageReader.bucket(logicalId, identity, properties));
      case "AWS::DynamoDB::Table" ->
          tables.add(StorageReader.table(logicalId, identity, properties));
      case "AWS::DynamoDB::GlobalTable" ->
          tables.add(StorageReader.globalTable(logicalId, identity, properties));
      case "AWS::Lambda::Function" -> {
        Optional<FunctionSpec> function =
            FunctionReader.function(stack, logicalId, identity, properties, metadata);
        function.ifPresentOrElse(
            functions::add, () -> unused.put(properties.where(), type + ", not of Java"));
      }
      case "AWS::Lambda::Version", "AWS::Lambda::Alias" -> qualifier(identity.ref(), properties);
      case "AWS::Lambda::EventSourceMapping" -> streams.add(StreamReader.stream(properties));
      case "AWS::Lambda::Permission" -> permissions.add(FunctionReader.permission(properties));
      case "AWS::StepFunctions::StateMachine" ->
          stateMachines.add(WorkflowReader.stateMachine(stack, logicalId, identity, properties));
      case "AWS::Events::Rule" -> rules.add(WorkflowReader.rule(logicalId, identity, properties));
      case "AWS::IAM::Role" -> roles.role(identity, properties);
      case "AWS::IAM::Policy" -> roles.policy(properties);
      case "AWS::IAM::ManagedPolicy" -> roles.managedPolicy(identity, properties);
      default -> {
        return false;
      }
    }
    return true;
  }

  private void qualifier(String arn, Properties properties) {
    properties
        .withoutEffect(
            "CodeSha256",
            "Description",
            "FunctionName",
            "FunctionVersion",
            "Name",
            "ProvisionedConcurrencyConfig",
            "RuntimePolicy")
        .end();
    int colon = arn.lastIndexOf(':');
    qualifiers
        .computeIfAbsent(arn.substring(0, colon), ignored -> new HashSet<>())
        .add(arn.substring(colon + 1));
  }

  private Deployment deployment() {
    List<Role> all = roles.roles();
    List<FunctionSpec> qualified =
        functions.stream()
            .map(f -> f.withQualifiers(qualifiers.getOrDefault(f.arn(), Set.of())))
            .toList();
    Deployment deployment =
        new Deployment(
            buckets,
            tables,
            qualified,
            stateMachines,
            rules,
            streams,
            permissions,
            all,
            outputs,
            unused);
    DeploymentChecks.check(deployment);
    return deployment;
  }
}
