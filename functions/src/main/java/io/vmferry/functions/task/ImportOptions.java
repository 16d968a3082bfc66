package io.vmferry.functions.task;

import java.util.Map;
import java.util.Optional;

/**
 * What else a request to EC2's API says of an import.
 *
 * @param platform {@code Linux} or {@code Windows}: what the caller says the machine runs
 * @param hypervisor {@code xen}
 * @param licenseType {@code Auto} or {@code BYOL}
 * @param usageOperation {@code RunInstances} or {@code RunInstances:0800}
 * @param roleName the name of the service role that was given
 * @param taskTags tags of the task itself
 */
public record ImportOptions(
    Optional<String> platform,
    Optional<String> hypervisor,
    Optional<String> licenseType,
    Optional<String> usageOperation,
    Optional<String> roleName,
    Map<String, String> taskTags) {
  /** Nothing is said. */
  public static final ImportOptions NONE =
      new ImportOptions(
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Optional.empty(),
          Map.of());

  /** Copies the tags. */
  public ImportOptions {
    taskTags = Map.copyOf(taskTags);
  }
}
