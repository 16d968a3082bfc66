package io.vmferry.functions.port;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/** Things done at once. */
final class Threads {
  private Threads() {}

  /** Runs work in that many threads, all let loose at the same moment; returns their results. */
  static <T> List<T> together(int threads, IntFunction<T> work) throws Exception {
    CountDownLatch start = new CountDownLatch(1);
    List<Future<T>> running = new ArrayList<>();
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      for (int i = 0; i < threads; i++) {
        int number = i;
        running.add(
            executor.submit(
                () -> {
                  start.await();
                  return work.apply(number);
                }));
      }
      start.countDown();
      List<T> results = new ArrayList<>();
      for (Future<T> thread : running) {
        results.add(thread.get(2, TimeUnit.MINUTES));
      }
      return results;
    }
  }
}
