package io.vmferry.functions.fake;

import java.util.ArrayDeque;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/** Failures a fake throws instead of doing what it is asked, each once, in the order given. */
public final class Faults {
  private final Map<String, Queue<RuntimeException>> planned = new ConcurrentHashMap<>();
  private volatile Runnable observer = () -> {};

  /** Has something done before each call of any operation; it may throw. */
  public void beforeEach(Runnable action) {
    observer = action;
  }

  /** Makes the next call of an operation fail, after those planned before. */
  public void failNext(String operation, RuntimeException failure) {
    planned.computeIfAbsent(operation, o -> new ConcurrentLinkedQueue<>()).add(failure);
  }

  /** Throws the failure that is planned for an operation, if there is one. */
  void check(String operation) {
    observer.run();
    RuntimeException failure = planned.getOrDefault(operation, new ArrayDeque<>()).poll();
    if (failure != null) {
      throw failure;
    }
  }
}
