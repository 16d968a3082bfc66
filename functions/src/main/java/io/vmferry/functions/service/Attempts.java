package io.vmferry.functions.service;

import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.TaskError;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.random.RandomGenerator;

/**
 * Tries a piece of work again as the state machine does for functions: what failed outside, or for
 * want of capacity, up to seven times, after 1 s, 2 s, 4 s and so on, at most 60 s, of which each
 * waits a random part.
 */
public final class Attempts {
  private static final int MOST = 7;
  private static final Duration FIRST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofSeconds(60);

  private final RandomGenerator random;
  private final Pause pause;

  /** Waits between two attempts. */
  @FunctionalInterface
  public interface Pause {
    /** Waits that long. */
    void take(Duration length) throws InterruptedException;
  }

  /** A piece of work that may be done again. */
  @FunctionalInterface
  interface Work {
    void run() throws IOException;
  }

  /** Attempts that wait by this pause. */
  public Attempts(RandomGenerator random, Pause pause) {
    this.random = random;
    this.pause = pause;
  }

  /**
   * Does the work.
   *
   * @throws VmferryException if it failed for good, or so often
   * @throws InterruptedIOException if the thread is interrupted
   * @throws IOException if reading failed so often
   */
  void run(Work work) throws IOException {
    for (int attempt = 1; ; attempt++) {
      try {
        work.run();
        return;
      } catch (InterruptedIOException e) {
        if (Thread.currentThread().isInterrupted() || attempt == MOST) {
          throw e;
        }
      } catch (IOException | RuntimeException e) {
        if (Thread.currentThread().isInterrupted() || attempt == MOST || !mayPass(e)) {
          throw e;
        }
      }
      await(attempt);
    }
  }

  private static boolean mayPass(Exception failure) {
    return switch (TaskError.of(failure).code().category()) {
      case EXTERNAL, CAPACITY -> true;
      case USER, INTERNAL -> false;
    };
  }

  private void await(int attempt) throws InterruptedIOException {
    long longest = Math.min(FIRST.multipliedBy(1L << (attempt - 1)).toMillis(), LONGEST.toMillis());
    try {
      pause.take(Duration.ofMillis(random.nextLong(longest + 1)));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (InterruptedIOException)
          new InterruptedIOException("interrupted between two attempts").initCause(e);
    }
  }
}
