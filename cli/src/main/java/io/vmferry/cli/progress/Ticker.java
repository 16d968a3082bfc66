package io.vmferry.cli.progress;

import java.time.Duration;

/** Time as the displays need it. */
public interface Ticker {

  /** A clock that only moves forward, in nanoseconds. */
  long nanos();

  /** Waits. */
  void pause(Duration duration) throws InterruptedException;

  /** The machine's clock. */
  static Ticker system() {
    return new Ticker() {
      @Override
      public long nanos() {
        return System.nanoTime();
      }

      @Override
      public void pause(Duration duration) throws InterruptedException {
        Thread.sleep(duration);
      }
    };
  }
}
