package io.vmferry.local.stepfunctions;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** A time that jumps ahead whenever somebody sleeps, and rings alarms that lie behind it then. */
final class JumpingTime implements TimeSource {
  private Instant now = Instant.parse("2026-01-01T00:00:00Z");
  private final List<Duration> sleeps = new ArrayList<>();
  private final List<Pending> pending = new ArrayList<>();

  private record Pending(Instant due, Runnable action) {}

  @Override
  public synchronized Instant now() {
    return now;
  }

  @Override
  public void sleep(Duration duration) throws InterruptedException {
    synchronized (this) {
      sleeps.add(duration);
    }
    pass(duration);
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
  }

  /** Lets time pass. */
  void pass(Duration duration) {
    List<Pending> due;
    synchronized (this) {
      now = now.plus(duration);
      due =
          pending.stream()
              .filter(alarm -> !alarm.due().isAfter(now))
              .sorted(Comparator.comparing(Pending::due))
              .toList();
      pending.removeAll(due);
    }
    due.forEach(alarm -> alarm.action().run());
  }

  synchronized List<Duration> sleeps() {
    return List.copyOf(sleeps);
  }

  @Override
  public synchronized Alarm schedule(Duration delay, Runnable action) {
    Pending alarm = new Pending(now.plus(delay), action);
    pending.add(alarm);
    return () -> {
      synchronized (this) {
        pending.remove(alarm);
      }
    };
  }
}
