package io.vmferry.cli.progress;

import java.io.PrintStream;

/** A line when the work enters another state, and every five seconds while it moves. */
final class LineProgress implements ProgressDisplay {
  private static final long INTERVAL_NANOS = 5_000_000_000L;

  private final PrintStream output;
  private final Ticker ticker;
  private String label = "";
  private String shown = "";
  private long shownAt;

  LineProgress(PrintStream output, Ticker ticker) {
    this.output = output;
    this.ticker = ticker;
  }

  @Override
  public void show(ProgressState state) {
    long now = ticker.nanos();
    if (label.equals(state.label()) && now - shownAt < INTERVAL_NANOS) {
      return;
    }
    String line = ProgressText.plain(state);
    if (!line.equals(shown)) {
      output.println(line);
      output.flush();
    }
    label = state.label();
    shown = line;
    shownAt = now;
  }

  @Override
  public void end() {
    output.flush();
  }
}
