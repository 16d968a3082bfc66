package io.vmferry.local.cloudformation;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.local.cloudformation.CloudAssembly.StackTemplate;
import io.vmferry.local.deployment.RuleSpec;
import io.vmferry.local.deployment.StateMachineSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads state machines and rules. */
final class WorkflowReader {
  private WorkflowReader() {}

  static StateMachineSpec stateMachine(
      StackTemplate stack, String logicalId, Identity identity, Properties properties) {
    properties.oneOf("StateMachineType", "STANDARD");
    String definition = definition(stack, properties);
    Map<String, String> substitutions = properties.object("DefinitionSubstitutions").map();
    String role = properties.requiredText("RoleArn");
    // Histories are kept in any case; logs and traces go nowhere.
    properties
        .withoutEffect(
            "EncryptionConfiguration",
            "LoggingConfiguration",
            "StateMachineName",
            "Tags",
            "TracingConfiguration")
        .end();
    return new StateMachineSpec(
        logicalId,
        identity.attributes().getOrDefault("Name", ""),
        identity.ref(),
        definition,
        substitutions,
        Optional.of(role));
  }

  private static String definition(StackTemplate stack, Properties properties) {
    Optional<String> text = properties.text("DefinitionString");
    Optional<JsonNode> object = properties.node("Definition");
    Properties location = properties.object("DefinitionS3Location");
    if (text.isPresent()) {
      return text.get();
    }
    if (object.isPresent()) {
      return object.get().toString();
    }
    location.requiredText("Bucket");
    String key = location.requiredText("Key");
    location.end();
    Path file =
        stack
            .asset(key)
            .orElseThrow(() -> location.refuse("no asset of the stack becomes the object " + key));
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new TemplateException(location.where(), "the asset " + file + " cannot be read", e);
    }
  }

  static RuleSpec rule(String logicalId, Identity identity, Properties properties) {
    List<RuleSpec.Target> targets = new ArrayList<>();
    for (Properties target : properties.objects("Targets")) {
      targets.add(
          new RuleSpec.Target(
              target.requiredText("Id"), target.requiredText("Arn"), target.text("Input")));
      // Events are tried three times, and what still fails is logged.
      target.withoutEffect("DeadLetterConfig", "RetryPolicy", "RoleArn").end();
    }
    RuleSpec rule =
        new RuleSpec(
            logicalId,
            identity.ref(),
            identity.attributes().getOrDefault("Arn", ""),
            properties.node("EventPattern"),
            properties.text("ScheduleExpression"),
            properties.oneOf("State", "ENABLED", "DISABLED").orElse("ENABLED").equals("ENABLED"),
            targets);
    if (rule.pattern().isPresent() == rule.schedule().isPresent()) {
      throw properties.refuse("one of EventPattern and ScheduleExpression is expected");
    }
    properties.withoutEffect("Description", "EventBusName", "Name", "RoleArn", "Tags").end();
    return rule;
  }
}
