package io.vmferry.functions.aws;

import java.time.Duration;

/** How adapters wait; tests wait by moving a clock. */
@FunctionalInterface
public interface Sleeper {
  /** Waits in earnest. */
  Sleeper REAL = Thread::sleep;

  /** Waits that long. */
  void sleep(Duration duration) throws InterruptedException;
}
