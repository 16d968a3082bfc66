package io.vmferry.infra.construct;

import java.util.List;
import java.util.Optional;
import software.amazon.awscdk.services.iam.PolicyStatement;

/**
 * Something that a role may do.
 *
 * @param statements how IAM is told
 * @param wildcards why its resources or actions have wildcards, if they have
 */
record Permission(List<PolicyStatement> statements, Optional<String> wildcards) {
  /** One whose resources are named. */
  static Permission exact(PolicyStatement... statements) {
    return new Permission(List.of(statements), Optional.empty());
  }

  /** One with wildcards, for that reason. */
  static Permission because(String reason, PolicyStatement... statements) {
    return new Permission(List.of(statements), Optional.of(reason));
  }
}
