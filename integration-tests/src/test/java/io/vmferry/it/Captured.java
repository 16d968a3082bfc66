package io.vmferry.it;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Pattern;

/** What a process prints, read as it comes. */
final class Captured {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private boolean ended;

  private Captured() {}

  /** Reads a stream until its end. */
  static Captured of(InputStream stream) {
    Captured captured = new Captured();
    Thread.ofVirtual().start(() -> captured.read(stream));
    return captured;
  }

  private void read(InputStream stream) {
    byte[] buffer = new byte[4096];
    try (stream) {
      for (int count = stream.read(buffer); count >= 0; count = stream.read(buffer)) {
        append(buffer, count);
      }
    } catch (IOException e) {
      // The process was ended while it was read: what it said before counts.
      append(new byte[0], 0);
    } finally {
      end();
    }
  }

  private void append(byte[] buffer, int count) {
    lock.lock();
    try {
      bytes.write(buffer, 0, count);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void end() {
    lock.lock();
    try {
      ended = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** What has come so far. */
  String soFar() {
    lock.lock();
    try {
      // A console can send any byte.
      return bytes.toString(StandardCharsets.UTF_8);
    } finally {
      lock.unlock();
    }
  }

  /** Everything, once the stream has ended. */
  String whole() throws InterruptedException {
    lock.lock();
    try {
      while (!ended) {
        changed.await();
      }
      return soFar();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits until the pattern is found in what has come.
   *
   * @return everything so far
   * @throws AssertionError if it is not there in time, or the stream ends without it
   */
  String await(Pattern pattern, Duration timeout) throws InterruptedException {
    long left = timeout.toNanos();
    lock.lock();
    try {
      while (!pattern.matcher(soFar()).find()) {
        if (ended || left <= 0) {
          throw new AssertionError(
              "'%s' was not printed %s:\n%s"
                  .formatted(pattern, ended ? "up to the end" : "in " + timeout, soFar()));
        }
        left = changed.awaitNanos(Math.min(left, TimeUnit.HOURS.toNanos(1)));
      }
      return soFar();
    } finally {
      lock.unlock();
    }
  }
}
