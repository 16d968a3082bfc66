package io.vmferry.guest.conversion;

import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Ends work on a guest when its signal says so, by interrupting the thread that does it: a call of
 * the appliance that is interrupted ends the appliance.
 */
final class Watch {
  private static final Duration INTERVAL = Duration.ofMillis(500);

  private final Thread worker = Thread.currentThread();
  private final StopSignal stop;
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
    Thread watcher = Thread.ofVirtual().start(watch::look);
    try {
      return work.run();
    } catch (IOException | RuntimeException failure) {
      throw watch.reasonElse(failure);
    } finally {
      watch.end(watcher);
    }
  }

  private void look() {
    try {
      while (true) {
        Thread.sleep(INTERVAL);
        Optional<VmferryException> said = stop.reason();
        if (said.isPresent()) {
          interrupt(said.get());
          return;
        }
      }
    } catch (InterruptedException e) {
      // The work is done.
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

  private void end(Thread watcher) {
    synchronized (this) {
      done = true;
      if (reason != null) {
        // The interrupt was ours.
        Thread.interrupted();
      }
    }
    watcher.interrupt();
  }
}
