package io.vmferry.local.stepfunctions;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Runs children on virtual threads, so many at once. The first one that throws stops the others and
 * is what the parent gets; closing stops whatever still runs and waits for it.
 */
final class Fanout implements AutoCloseable {
  private final int concurrency;
  private final Semaphore free;
  private final Set<Thread> running = ConcurrentHashMap.newKeySet();
  private final AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();

  /** A child's work. */
  interface Child {
    void run() throws InterruptedException;
  }

  Fanout(int concurrency) {
    this.concurrency = concurrency;
    this.free = new Semaphore(concurrency);
  }

  /**
   * Starts a child as soon as there is a place.
   *
   * @throws RuntimeException what a child has thrown
   */
  void start(String name, Child child) throws InterruptedException {
    free.acquire();
    if (failure.get() != null) {
      free.release();
      rethrow();
    }
    Thread thread = Thread.ofVirtual().name(name).unstarted(() -> run(child));
    running.add(thread);
    thread.start();
  }

  private void run(Child child) {
    try {
      child.run();
    } catch (InterruptedException e) {
      failure.compareAndSet(null, e);
    } catch (RuntimeException | Error e) {
      if (failure.compareAndSet(null, e)) {
        Thread self = Thread.currentThread();
        running.stream().filter(thread -> thread != self).forEach(Thread::interrupt);
      }
    } finally {
      running.remove(Thread.currentThread());
      free.release();
    }
  }

  /**
   * Waits for all children.
   *
   * @throws RuntimeException what a child has thrown
   */
  void await() throws InterruptedException {
    free.acquire(concurrency);
    free.release(concurrency);
    rethrow();
  }

  private void rethrow() throws InterruptedException {
    switch (failure.get()) {
      case null -> {}
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new InterruptedException("A child was interrupted");
    }
  }

  @Override
  public void close() {
    boolean interrupted = false;
    for (Thread thread : running) {
      thread.interrupt();
    }
    while (free.availablePermits() < concurrency) {
      try {
        free.acquire(concurrency);
        free.release(concurrency);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
