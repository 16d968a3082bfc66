package io.vmferry.local.ecs;

import java.time.Duration;
import java.util.Map;

/**
 * A Fargate task of one container.
 *
 * @param family its name
 * @param container the container's name
 * @param environment the container's variables
 * @param cpuUnits 1,024 for a vCPU
 * @param memoryMib the container's memory
 * @param stopTimeout from SIGTERM to SIGKILL, at most 120 s
 */
public record TaskDefinition(
    String family,
    String container,
    Map<String, String> environment,
    int cpuUnits,
    int memoryMib,
    Duration stopTimeout) {
  /** The longest that Fargate waits for a container that it has told to stop. */
  private static final Duration LONGEST_STOP = Duration.ofMinutes(2);

  /** Copies the variables. */
  public TaskDefinition {
    environment = Map.copyOf(environment);
    if (stopTimeout.isNegative() || stopTimeout.compareTo(LONGEST_STOP) > 0) {
      throw new IllegalArgumentException("Fargate waits 0 to 120 s, not " + stopTimeout);
    }
  }
}
