package io.vmferry.local.ebs;

import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Has the system write a snapshot's data to the disk while more of it comes, so that completing the
 * snapshot, which waits for the disk, finds most of it there.
 */
final class EarlyFlush {
  /** What may have been written since the last flush began. */
  private static final long STEP = 128L << 20;

  /** Flushes what there is. */
  @FunctionalInterface
  interface Flush {
    void run() throws IOException;
  }

  private final Flush flush;
  private final AtomicLong written = new AtomicLong();
  private final AtomicBoolean running = new AtomicBoolean();
  private volatile @Nullable IOException failure;

  EarlyFlush(Flush flush) {
    this.flush = flush;
  }

  /** Counts bytes, and flushes in the background once they are many. */
  void written(long bytes) {
    if (written.addAndGet(bytes) >= STEP && running.compareAndSet(false, true)) {
      written.set(0);
      Thread.ofPlatform().daemon().name("ebs-flush").start(this::run);
    }
  }

  private void run() {
    try {
      flush.run();
    } catch (ClosedChannelException e) {
      // Nobody waits for what is closed; who opens it again writes, or flushes all.
    } catch (IOException e) {
      failure = e;
    } finally {
      running.set(false);
    }
  }

  /** Throws what a flush has failed with: the system reports a lost write only once. */
  void check() throws IOException {
    IOException failed = failure;
    if (failed != null) {
      throw new IOException("an earlier flush failed: " + failed.getMessage(), failed);
    }
  }
}
