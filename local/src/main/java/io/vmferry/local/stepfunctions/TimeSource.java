package io.vmferry.local.stepfunctions;

import java.time.Duration;
import java.time.Instant;

/** The time that Wait, Retry and timeouts go by. */
public interface TimeSource {

  /** The time of the machine. */
  static TimeSource system() {
    return SystemTime.INSTANCE;
  }

  /** Now. */
  Instant now();

  /** Waits, however long. */
  void sleep(Duration duration) throws InterruptedException;

  /** Does something later, once, unless it is cancelled before. */
  Alarm schedule(Duration delay, Runnable action);

  /** Something scheduled. */
  @FunctionalInterface
  interface Alarm {
    /** Forgets it; without effect if it has been done. */
    void cancel();
  }
}
