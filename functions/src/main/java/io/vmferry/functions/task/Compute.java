package io.vmferry.functions.task;

import java.util.Locale;
import java.util.Optional;

/** What the bytes of a task's disks pass through. */
public enum Compute {
  /** Many functions at once, each with one chunk of a disk and at most 15 minutes. */
  LAMBDA,
  /** One container with the whole plan, without a limit of time. */
  FARGATE;

  /** The place of that name, in any case: {@code lambda} or {@code fargate}. */
  public static Optional<Compute> of(String name) {
    for (Compute compute : values()) {
      if (compute.name().equals(name.toUpperCase(Locale.ROOT))) {
        return Optional.of(compute);
      }
    }
    return Optional.empty();
  }

  /** The name as people write it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
