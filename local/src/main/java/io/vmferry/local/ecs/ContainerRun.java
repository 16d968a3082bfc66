package io.vmferry.local.ecs;

import java.util.List;
import java.util.Map;

/**
 * One container to run.
 *
 * @param id unique among all runs; letters, digits and hyphens
 * @param command what the image's entry point is given
 * @param environment the definition's variables with the call's over them
 * @param memoryMib its memory
 */
public record ContainerRun(
    String id, List<String> command, Map<String, String> environment, int memoryMib) {
  /** Copies the collections. */
  public ContainerRun {
    command = List.copyOf(command);
    environment = Map.copyOf(environment);
  }
}
