package io.vmferry.local.cloudformation;

import io.vmferry.local.deployment.Deployment;
import io.vmferry.local.deployment.FunctionSpec;
import io.vmferry.local.deployment.RuleSpec;
import io.vmferry.local.deployment.StateMachineSpec;
import io.vmferry.local.iam.Role;
import java.util.Optional;

/** What AWS finds out while it deploys, or when something is first called. */
final class DeploymentChecks {
  private DeploymentChecks() {}

  static void check(Deployment deployment) {
    for (FunctionSpec function : deployment.functions()) {
      trusted(deployment, function.logicalId(), function.roleArn(), "lambda.amazonaws.com");
    }
    for (StateMachineSpec machine : deployment.stateMachines()) {
      trusted(deployment, machine.logicalId(), machine.roleArn(), "states.amazonaws.com");
    }
    for (RuleSpec rule : deployment.rules()) {
      rule.targets().forEach(target -> called(deployment, rule, target));
    }
  }

  private static void trusted(
      Deployment deployment, String logicalId, Optional<String> roleArn, String service) {
    String arn = roleArn.orElse("");
    Role role =
        deployment
            .role(arn)
            .orElseThrow(() -> new TemplateException(logicalId, "there is no role " + arn));
    if (!role.trusted().contains(service)) {
      throw new TemplateException(
          logicalId, "the role %s cannot be assumed by %s".formatted(role.name(), service));
    }
  }

  /** A rule may call a function that lets it only. */
  private static void called(Deployment deployment, RuleSpec rule, RuleSpec.Target target) {
    String arn = target.arn();
    if (!arn.startsWith("arn:aws:lambda:")) {
      return;
    }
    boolean there =
        deployment.functions().stream()
            .anyMatch(
                f ->
                    f.arn().equals(arn)
                        || f.qualifiers().stream().anyMatch(q -> (f.arn() + ":" + q).equals(arn)));
    if (!there) {
      throw new TemplateException(rule.logicalId(), "it calls " + arn + ", which is not there");
    }
    boolean allowed =
        deployment.permissions().stream()
            .anyMatch(
                p ->
                    (p.functionArn().equals(arn) || arn.endsWith(":function:" + p.functionArn()))
                        && p.action().equals("lambda:InvokeFunction")
                        && p.principal().equals("events.amazonaws.com")
                        && p.sourceArn().map(rule.arn()::equals).orElse(true));
    if (!allowed) {
      throw new TemplateException(
          rule.logicalId(), "no permission lets it call " + arn + " (AWS::Lambda::Permission)");
    }
  }
}
