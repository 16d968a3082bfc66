package io.vmferry.cli.progress;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.OptionalDouble;

/** The rate of work over the last seconds, so that it follows changes but does not flicker. */
public final class RateMeter {
  private static final long WINDOW_NANOS = 10_000_000_000L;
  private static final long SHORTEST_NANOS = 500_000_000L;

  private final Deque<Sample> samples = new ArrayDeque<>();

  /** Notes how much is done; a figure lower than the one before begins a new measurement. */
  public void add(long nanos, long doneBytes) {
    if (!samples.isEmpty() && doneBytes < samples.getLast().doneBytes) {
      samples.clear();
    }
    samples.addLast(new Sample(nanos, doneBytes));
    while (samples.size() > 2 && nanos - samples.getFirst().nanos > WINDOW_NANOS) {
      samples.removeFirst();
    }
  }

  /** Bytes per second; empty until half a second is known, and while nothing moves. */
  public OptionalDouble bytesPerSecond() {
    if (samples.size() < 2) {
      return OptionalDouble.empty();
    }
    long nanos = samples.getLast().nanos - samples.getFirst().nanos;
    long bytes = samples.getLast().doneBytes - samples.getFirst().doneBytes;
    return nanos < SHORTEST_NANOS || bytes == 0
        ? OptionalDouble.empty()
        : OptionalDouble.of(bytes * 1e9 / nanos);
  }

  private record Sample(long nanos, long doneBytes) {}
}
