package io.vmferry.cli.progress;

import java.io.PrintStream;

/** One line that is written over again and again, at most ten times a second. */
final class TerminalProgress implements ProgressDisplay {
  private static final long INTERVAL_NANOS = 100_000_000L;
  private static final String TO_LINE_START = "\r";
  private static final String CLEAR_TO_END = "\u001b[K";

  private final PrintStream output;
  private final int columns;
  private final Ticker ticker;
  private String shown = "";
  private String label = "";
  private long shownAt;

  TerminalProgress(PrintStream output, int columns, Ticker ticker) {
    this.output = output;
    this.columns = columns;
    this.ticker = ticker;
  }

  @Override
  public void show(ProgressState state) {
    long now = ticker.nanos();
    if (label.equals(state.label()) && now - shownAt < INTERVAL_NANOS) {
      return;
    }
    String line = ProgressText.bar(state, columns);
    if (!line.equals(shown)) {
      output.print(TO_LINE_START + line + CLEAR_TO_END);
      output.flush();
    }
    shown = line;
    label = state.label();
    shownAt = now;
  }

  @Override
  public void end() {
    if (!shown.isEmpty()) {
      output.print(TO_LINE_START + CLEAR_TO_END);
      output.flush();
    }
    shown = "";
    label = "";
  }
}
