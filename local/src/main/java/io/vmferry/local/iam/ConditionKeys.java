package io.vmferry.local.iam;

import java.util.List;
import java.util.Set;

/** The condition keys that requests to the embedded AWS have a value for where AWS's have. */
final class ConditionKeys {
  /** Of every request. */
  private static final Set<String> GLOBAL =
      Set.of(
          "aws:principalaccount",
          "aws:principalarn",
          "aws:requestedregion",
          "aws:resourceaccount",
          "aws:securetransport",
          "aws:tagkeys");

  /** Of the services that are checked here. */
  private static final Set<String> CHECKED =
      Set.of(
          "ebs:description",
          "ebs:parentsnapshot",
          "ebs:volumesize",
          "ec2:createaction",
          "ec2:region",
          "events:detail-type",
          "events:eventbusinvocation",
          "events:source",
          "lambda:functionurlauthtype",
          "lambda:invokedviafunctionurl",
          "s3:delimiter",
          "s3:prefix",
          "s3:resourceaccount");

  /** Of services whose requests are not checked here, so that nothing depends on their values. */
  private static final Set<String> UNCHECKED_SERVICES =
      Set.of("cloudwatch", "ecs", "iam", "kms", "logs", "sqs", "xray");

  private ConditionKeys() {}

  /**
   * Whether a key can be evaluated for a statement.
   *
   * @param key its normal name
   * @param actions the statement's actions
   */
  static boolean isKnown(String key, List<String> actions) {
    if (key.startsWith("aws:requesttag/")
        || key.startsWith("aws:resourcetag/")
        || key.startsWith("ec2:resourcetag/")) {
      return true;
    }
    if (GLOBAL.contains(key) || CHECKED.contains(key)) {
      return true;
    }
    return isOfOtherServices(actions);
  }

  private static boolean isOfOtherServices(List<String> actions) {
    return !actions.isEmpty()
        && actions.stream()
            .allMatch(
                action -> {
                  int colon = action.indexOf(':');
                  return colon > 0 && UNCHECKED_SERVICES.contains(action.substring(0, colon));
                });
  }
}
