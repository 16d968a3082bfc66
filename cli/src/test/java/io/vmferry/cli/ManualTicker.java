package io.vmferry.cli;

import io.vmferry.cli.progress.Ticker;
import java.time.Duration;

/** Time that passes only when someone waits, or is told to. */
public final class ManualTicker implements Ticker {
  private long nanos;

  @Override
  public long nanos() {
    return nanos;
  }

  @Override
  public void pause(Duration duration) {
    nanos += duration.toNanos();
  }

  /** Lets time pass. */
  public void advance(Duration duration) {
    nanos += duration.toNanos();
  }
}
