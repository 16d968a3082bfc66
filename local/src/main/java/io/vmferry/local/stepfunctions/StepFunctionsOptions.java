package io.vmferry.local.stepfunctions;

import java.nio.file.Path;

/**
 * How the embedded Step Functions is set up.
 *
 * @param directory where state machines and executions are kept; one process at a time uses it
 * @param region the Region in ARNs
 * @param account the account in ARNs, 12 digits
 * @param mapConcurrency the most children a distributed Map runs at once, and what its
 *     MaxConcurrency of 0 means
 * @param time the time
 */
public record StepFunctionsOptions(
    Path directory, String region, String account, int mapConcurrency, TimeSource time) {

  /** Checks the numbers. */
  public StepFunctionsOptions {
    if (mapConcurrency < 1 || mapConcurrency > 10_000) {
      throw new IllegalArgumentException(
          "A map's concurrency is 1 to 10,000, not " + mapConcurrency);
    }
  }

  String arn(String kind, String rest) {
    return "arn:aws:states:" + region + ":" + account + ":" + kind + ":" + rest;
  }
}
