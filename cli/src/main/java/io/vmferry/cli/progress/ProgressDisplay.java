package io.vmferry.cli.progress;

import java.io.PrintStream;
import java.util.OptionalInt;

/** Shows progress while work goes on. */
public interface ProgressDisplay {

  /** Shows how far the work is; called often. */
  void show(ProgressState state);

  /** Ends the display, so that other lines can follow. */
  void end();

  /**
   * The display for an output.
   *
   * @param output where it goes
   * @param columns the terminal's width; empty if the output is no terminal
   */
  static ProgressDisplay on(PrintStream output, OptionalInt columns, Ticker ticker) {
    return columns.isPresent()
        ? new TerminalProgress(output, columns.getAsInt(), ticker)
        : new LineProgress(output, ticker);
  }

  /** Shows nothing. */
  static ProgressDisplay none() {
    return new ProgressDisplay() {
      @Override
      public void show(ProgressState state) {}

      @Override
      public void end() {}
    };
  }
}
