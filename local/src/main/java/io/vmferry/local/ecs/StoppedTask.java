package io.vmferry.local.ecs;

import java.time.Instant;
import java.util.OptionalInt;

/**
 * A task that has stopped.
 *
 * @param id its id, 32 hexadecimal digits
 * @param definition what it was made of
 * @param exitCode of its container; empty if that never started
 * @param containerReason why the container did not start, or was killed; empty if there is nothing
 *     to say
 * @param createdAt when it was asked for
 * @param stoppedAt when it ended
 */
public record StoppedTask(
    String id,
    TaskDefinition definition,
    OptionalInt exitCode,
    String containerReason,
    Instant createdAt,
    Instant stoppedAt) {

  /** Why it stopped, as ECS says it. */
  public String stopCode() {
    return exitCode.isPresent() ? "EssentialContainerExited" : "TaskFailedToStart";
  }

  /** Why it stopped, for people. */
  public String stoppedReason() {
    return exitCode.isPresent() ? "Essential container in task exited" : containerReason;
  }

  /** Whether its container did what it was told to. */
  public boolean succeeded() {
    return exitCode.isPresent() && exitCode.getAsInt() == 0;
  }
}
