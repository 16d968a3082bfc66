package io.vmferry.infra.construct;

import io.github.cdklabs.cdknag.NagPackSuppression;
import io.github.cdklabs.cdknag.NagSuppressions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import software.amazon.awscdk.services.iam.IRole;
import software.amazon.awscdk.services.iam.PolicyDocument;
import software.amazon.awscdk.services.iam.PolicyStatement;
import software.amazon.awscdk.services.iam.Role;
import software.amazon.awscdk.services.iam.ServicePrincipal;
import software.constructs.Construct;

/** Roles that may do what they are made with, and nothing that CDK would add. */
final class Roles {
  private Roles() {}

  /**
   * Makes a role.
   *
   * @param service who takes it: {@code lambda.amazonaws.com}
   */
  static IRole of(
      Construct scope, String service, String description, List<Permission> permissions) {
    List<PolicyStatement> statements =
        permissions.stream().flatMap(p -> p.statements().stream()).toList();
    Role role =
        Role.Builder.create(scope, "Role")
            .assumedBy(new ServicePrincipal(service))
            .description(description)
            .inlinePolicies(
                Map.of(
                    "Permissions", PolicyDocument.Builder.create().statements(statements).build()))
            .build();
    explainWildcards(role, permissions);
    return role.withoutPolicyUpdates();
  }

  /** Tells cdk-nag why wildcards are there. */
  static void explainWildcards(Construct construct, List<Permission> permissions) {
    List<String> reasons =
        new TreeSet<>(
                permissions.stream().map(Permission::wildcards).flatMap(Optional::stream).toList())
            .stream().toList();
    if (!reasons.isEmpty()) {
      NagSuppressions.addResourceSuppressions(
          construct,
          List.of(
              NagPackSuppression.builder()
                  .id("AwsSolutions-IAM5")
                  .reason(String.join(" ", reasons))
                  .build()));
    }
  }
}
