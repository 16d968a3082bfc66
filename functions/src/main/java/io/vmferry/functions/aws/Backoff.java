package io.vmferry.functions.aws;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Pauses between attempts: of random length up to a bound that doubles from attempt to attempt, so
 * that callers that failed together do not come back together.
 */
final class Backoff {
  private final Duration base;
  private final Duration longest;
  private final Sleeper sleeper;

  /**
   * Pauses of at most {@code base} after the first attempt and of at most {@code longest} after
   * any.
   */
  Backoff(Duration base, Duration longest, Sleeper sleeper) {
    this.base = base;
    this.longest = longest;
    this.sleeper = sleeper;
  }

  /**
   * Pauses after an attempt.
   *
   * @param attempt how many have failed, from 1
   * @throws VmferryException {@link ErrorCode#SERVICE_UNAVAILABLE} if the thread is interrupted; it
   *     stays so
   */
  void pause(int attempt, String what) {
    long bound =
        Math.min(longest.toNanos(), base.toNanos() << Math.min(Math.max(attempt - 1, 0), 20));
    try {
      sleeper.sleep(Duration.ofNanos(RandomGenerator.getDefault().nextLong(bound) + 1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new VmferryException(
          ErrorCode.SERVICE_UNAVAILABLE,
          "%s: interrupted after %d attempts".formatted(what, attempt),
          e);
    }
  }
}
