package io.vmferry.infra.construct;

import java.util.Objects;
import software.amazon.awscdk.RemovalPolicy;
import software.amazon.awscdk.services.logs.CfnLogGroup;
import software.amazon.awscdk.services.logs.LogGroup;
import software.constructs.Construct;

/** Logs that go with the stack. */
final class Logs {
  private Logs() {}

  /** A log that is kept so many days. */
  static LogGroup keptFor(int days, Construct scope) {
    return keptFor(days, LogGroup.Builder.create(scope, "Log"));
  }

  /** A log that is kept so many days. */
  static LogGroup keptFor(int days, LogGroup.Builder builder) {
    LogGroup log = builder.removalPolicy(RemovalPolicy.DESTROY).build();
    // CDK has a constant for each number of days that CloudWatch knows; CloudWatch has the numbers.
    ((CfnLogGroup) Objects.requireNonNull(log.getNode().getDefaultChild()))
        .setRetentionInDays(days);
    return log;
  }
}
