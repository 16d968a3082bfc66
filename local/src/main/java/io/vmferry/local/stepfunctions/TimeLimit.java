package io.vmferry.local.stepfunctions;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Runs something that is given up when its time is over. */
final class TimeLimit {
  private TimeLimit() {}

  /**
   * Runs the work on a virtual thread of its own. At the end of its time it is interrupted and not
   * waited for.
   *
   * @throws StateFailure {@code States.Timeout}, or what the work throws
   */
  static <T> T run(TimeSource time, Duration limit, String name, Callable<T> work)
      throws InterruptedException, TaskFailedException {
    CompletableFuture<T> result = new CompletableFuture<>();
    TimeSource.Alarm alarm =
        time.schedule(
            limit,
            () ->
                result.completeExceptionally(
                    new StateFailure(
                        StateFailure.TIMEOUT, "Timed out after " + limit.toSeconds() + " s")));
    Thread thread =
        Thread.ofVirtual()
            .name(name)
            .start(
                () -> {
                  try {
                    result.complete(work.call());
                  } catch (Exception | Error e) {
                    result.completeExceptionally(e);
                  }
                });
    try {
      return result.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case TaskFailedException failed -> throw failed;
        case InterruptedException interrupted -> throw interrupted;
        case RuntimeException failed -> throw failed;
        case Error failed -> throw failed;
        case null, default -> throw new IllegalStateException(e);
      }
    } finally {
      alarm.cancel();
      thread.interrupt();
    }
  }
}
