package io.vmferry.guest.conversion;

import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Ends work on a guest when its signal says so, by interrupting the thread that does it: a call of
 * the appliance that is interrupted ends the appliance.
 */
final class Watch {
  private static final long INTERVAL_MILLIS = 500;

  private final Thread worker = Thread.currentThread();
  private final StopSignal stop;
  private final CountDownLatch ended = new CountDownLatch(1);
  private @Nullable VmferryException reason;
  private boolean done;

  private Watch(StopSignal stop) {
    this.stop = stop;
  }

  /** Work that can be interrupted. */
  @FunctionalInterface
  interface Work<T> {
    T run() throws IOException;
  }

  /**
   * Does work on this thread.
   *
   * @throws VmferryException what {@code stop} said, if it did so before the work was done; what
   *     the work throws
   * @throws IOException what the work throws
   */
  static <T> T over(StopSignal stop, Work<T> work) throws IOException {
    Watch watch = new Watch(stop);
    Thread.ofVirtual().start(watch::look);
    try {
      return work.run();
    } catch (IOException | RuntimeException failure) {
      throw watch.reasonElse(failure);
    } finally {
      watch.end();
    }
  }

  private void look() {
    try {
      while (!ended.await(INTERVAL_MILLIS, TimeUnit.MILLISECONDS)) {
        Optional<VmferryException> said = stop.reason();
        if (said.isPresent()) {
          interrupt(said.get());
          return;
        }
      }
    } catch (InterruptedException e) {
      // Nobody interrupts the watcher, whose thread is its own.
      throw new IllegalStateException(e);
    }
  }

  /** Not when the work is done: the thread does something else then. */
  private synchronized void interrupt(VmferryException said) {
    if (!done) {
      reason = said;
      worker.interrupt();
    }
  }

  private synchronized IOException reasonElse(Exception failure) throws IOException {
    VmferryException said = reason;
    if (said != null) {
      said.addSuppressed(failure);
      throw said;
    }
    return switch (failure) {
      case IOException e -> e;
      case RuntimeException e -> throw e;
      default -> throw new IllegalStateException(failure);
    };
  }

  private void end() {
    synchronized (this) {
      done = true;
      if (reason != null) {
        // The interrupt was ours.
        Thread.interrupted();
      }
    }
    ended.countDown();
  }
}
