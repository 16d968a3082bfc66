package io.vmferry.functions.service;

import java.time.Duration;

/**
 * How many tasks run, and what becomes of those that fail.
 *
 * @param activeTasks how many tasks of a kind may run at once; {@link #UNLIMITED} for any number
 * @param queue whether a task that finds all slots taken waits for one; if not, it is refused
 * @param keep how long what a task has written is kept for a retry if it fails for a reason that
 *     may pass; zero to remove it at once. EBS gives up a snapshot without new blocks after three
 *     days
 */
public record TaskLimits(int activeTasks, boolean queue, Duration keep) {
  /** Any number of tasks. */
  public static final int UNLIMITED = Integer.MAX_VALUE;

  /** An hour. */
  public static final Duration DEFAULT_KEEP = Duration.ofHours(1);

  /** As long as EBS keeps a pending snapshot: 4,320 minutes. */
  public static final Duration LONGEST_KEEP = Duration.ofDays(3);

  /** Whether there is a limit at all. */
  boolean isLimited() {
    return activeTasks != UNLIMITED;
  }
}
