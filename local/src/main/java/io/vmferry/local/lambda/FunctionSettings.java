package io.vmferry.local.lambda;

import java.time.Duration;

/**
 * What a function is deployed with.
 *
 * @param timeout how long an invocation may take, 1 to 900 s
 * @param memoryMegabytes the memory it is told it has, 128 to 10,240 MB; this process does not
 *     enforce it
 */
public record FunctionSettings(Duration timeout, int memoryMegabytes) {
  private static final Duration LONGEST = Duration.ofMinutes(15);

  /** Checks Lambda's limits. */
  public FunctionSettings {
    if (timeout.compareTo(Duration.ofSeconds(1)) < 0 || timeout.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "A function's timeout is 1 to 900 s, not " + timeout.toMillis() + " ms");
    }
    if (memoryMegabytes < 128 || memoryMegabytes > 10_240) {
      throw new IllegalArgumentException(
          "A function's memory is 128 to 10,240 MB, not " + memoryMegabytes);
    }
  }

  /** The longest timeout there is, and 1,769 MB: one whole vCPU. */
  public static FunctionSettings defaults() {
    return new FunctionSettings(LONGEST, 1_769);
  }
}
