package io.vmferry.local.cloudformation;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vmferry.local.iam.Policy;
import io.vmferry.local.iam.Role;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Gathers roles and the policies that are attached to them, in whatever order they come. */
final class RoleCollector {
  private static final String AWS_MANAGED = "arn:aws:iam::aws:policy/";

  /** What policies of AWS's own allow, as far as functions and tasks get them. */
  private static final Map<String, List<String>> AWS_POLICIES =
      Map.of(
          "service-role/AWSLambdaBasicExecutionRole",
          List.of("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"),
          "service-role/AWSLambdaVPCAccessExecutionRole",
          List.of(
              "ec2:AssignPrivateIpAddresses",
              "ec2:CreateNetworkInterface",
              "ec2:DeleteNetworkInterface",
              "ec2:DescribeNetworkInterfaces",
              "ec2:DescribeSubnets",
              "ec2:UnassignPrivateIpAddresses",
              "logs:CreateLogGroup",
              "logs:CreateLogStream",
              "logs:PutLogEvents"),
          "AWSXRayDaemonWriteAccess",
          List.of("xray:PutTelemetryRecords", "xray:PutTraceSegments"));

  /** Conditions of trust policies: they are about other accounts, of which there are none here. */
  private static final Set<String> TRUST_CONDITIONS =
      Set.of("aws:SourceAccount", "aws:SourceArn", "sts:ExternalId");

  private record Draft(
      String arn, Set<String> trusted, List<Policy> inline, Optional<String> boundary) {}

  private final Map<String, Draft> drafts = new LinkedHashMap<>();
  private final Map<String, Policy> managed = new HashMap<>();
  private final Map<String, List<String>> attached = new HashMap<>();
  private final Map<String, List<Policy>> added = new HashMap<>();

  void role(Identity identity, Properties properties) {
    String arn = identity.attributes().getOrDefault("Arn", "");
    List<Policy> inline = new ArrayList<>();
    for (Properties policy : properties.objects("Policies")) {
      inline.add(
          Policy.read(
              identity.ref() + "/" + policy.requiredText("PolicyName"),
              policy.required("PolicyDocument")));
      policy.end();
    }
    attached
        .computeIfAbsent(identity.ref(), ignored -> new ArrayList<>())
        .addAll(properties.texts("ManagedPolicyArns"));
    Set<String> trusted = trusted(properties, properties.required("AssumeRolePolicyDocument"));
    drafts.put(
        identity.ref(), new Draft(arn, trusted, inline, properties.text("PermissionsBoundary")));
    properties.withoutEffect("Description", "MaxSessionDuration", "RoleName", "Tags");
    properties.oneOf("Path", "/");
    properties.end();
  }

  private static Set<String> trusted(Properties properties, JsonNode document) {
    Set<String> services = new HashSet<>();
    for (JsonNode statement : document.path("Statement")) {
      if (!statement.path("Effect").asText().equals("Allow")) {
        throw properties.refuse("a trust policy that denies is not evaluated here");
      }
      for (JsonNode operator : statement.path("Condition")) {
        operator
            .fieldNames()
            .forEachRemaining(
                key -> {
                  if (!TRUST_CONDITIONS.contains(key)) {
                    throw properties.refuse(
                        "the condition key '" + key + "' of a trust policy is not known here");
                  }
                });
      }
      JsonNode service = statement.path("Principal").path("Service");
      for (JsonNode name : service.isArray() ? service : List.of(service)) {
        if (name.isTextual()) {
          services.add(name.asText());
        }
      }
    }
    return services;
  }

  void policy(Properties properties) {
    Policy policy =
        Policy.read(properties.requiredText("PolicyName"), properties.required("PolicyDocument"));
    for (String role : properties.texts("Roles")) {
      added.computeIfAbsent(role, ignored -> new ArrayList<>()).add(policy);
    }
    refuseOthers(properties);
    properties.end();
  }

  void managedPolicy(Identity identity, Properties properties) {
    managed.put(identity.ref(), Policy.read(identity.ref(), properties.required("PolicyDocument")));
    for (String role : properties.texts("Roles")) {
      attached.computeIfAbsent(role, ignored -> new ArrayList<>()).add(identity.ref());
    }
    refuseOthers(properties);
    properties.withoutEffect("Description", "ManagedPolicyName", "Path").end();
  }

  private static void refuseOthers(Properties properties) {
    if (!properties.texts("Users").isEmpty() || !properties.texts("Groups").isEmpty()) {
      throw properties.refuse("there are no users and groups here");
    }
  }

  /** The roles with all that is attached to them. */
  List<Role> roles() {
    List<Role> roles = new ArrayList<>();
    drafts.forEach(
        (name, draft) -> {
          List<Policy> policies = new ArrayList<>(draft.inline());
          policies.addAll(added.getOrDefault(name, List.of()));
          attached.getOrDefault(name, List.of()).forEach(arn -> policies.add(managed(name, arn)));
          Optional<Policy> boundary = draft.boundary().map(arn -> managed(name, arn));
          roles.add(new Role(draft.arn(), draft.trusted(), policies, boundary));
        });
    for (String name : added.keySet()) {
      if (!drafts.containsKey(name)) {
        throw new TemplateException("role " + name, "a policy is for it, but it is not there");
      }
    }
    return roles;
  }

  private Policy managed(String role, String arn) {
    Policy own = managed.get(arn);
    if (own != null) {
      return own;
    }
    List<String> actions =
        arn.startsWith(AWS_MANAGED) ? AWS_POLICIES.get(arn.substring(AWS_MANAGED.length())) : null;
    if (actions == null) {
      throw new TemplateException("role " + role, "the policy " + arn + " is not known here");
    }
    ObjectNode document = JsonNodeFactory.instance.objectNode();
    ObjectNode statement = document.putArray("Statement").addObject();
    statement.put("Effect", "Allow").put("Resource", "*");
    actions.forEach(statement.putArray("Action")::add);
    return Policy.read(arn, document);
  }
}
