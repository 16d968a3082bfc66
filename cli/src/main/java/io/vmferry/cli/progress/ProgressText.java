package io.vmferry.cli.progress;

import java.util.Locale;
import java.util.OptionalDouble;

/** Progress as one line of text. Pure functions. */
public final class ProgressText {
  private static final int LABEL_WIDTH = 11;
  private static final int MAX_BAR = 40;
  private static final int MIN_BAR = 8;
  private static final long KIB = 1024;
  private static final String[] UNITS = {"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  private static final double LONGEST_SECONDS = 100 * 3600.0;

  private ProgressText() {}

  /**
   * A line for a terminal: label, bar, percent, amount, rate, time left. The bar takes what the
   * width leaves, and goes before the figures do.
   *
   * @param columns the terminal's width; the line is shorter than that, so that it never wraps
   */
  public static String bar(ProgressState state, int columns) {
    String label = ("%-" + LABEL_WIDTH + "s").formatted(state.label());
    String line;
    if (!state.hasTotal()) {
      line = state.label() + "…";
    } else {
      String figures = figures(state);
      int room = columns - 1 - label.length() - figures.length() - 5;
      line =
          room < MIN_BAR
              ? label + " " + figures
              : label + " " + gauge(state, Math.min(room, MAX_BAR)) + "  " + figures;
    }
    int limit = Math.max(0, columns - 1);
    return line.length() <= limit ? line : line.substring(0, limit);
  }

  /** A line for a log: the same figures without the bar. */
  public static String plain(ProgressState state) {
    return state.hasTotal()
        ? state.label() + " " + figures(state).strip().replaceAll(" {2,}", ", ")
        : state.label();
  }

  /** A number of bytes with three significant digits: {@code 1.50 GiB}. */
  public static String bytes(long bytes) {
    if (bytes < KIB) {
      return bytes + " B";
    }
    double value = bytes;
    int unit = -1;
    // 1023.5 would be printed as 1024 of the smaller unit.
    while (value >= 1023.5 && unit < UNITS.length - 1) {
      value /= KIB;
      unit++;
    }
    String format = value < 9.995 ? "%.2f %s" : value < 99.95 ? "%.1f %s" : "%.0f %s";
    return String.format(Locale.ROOT, format, value, UNITS[unit]);
  }

  /** A time: {@code 0:07}, {@code 12:30}, {@code 1:02:03}; {@code --:--} from 100 hours on. */
  public static String time(double seconds) {
    if (!(seconds < LONGEST_SECONDS)) {
      return "--:--";
    }
    long whole = Math.round(Math.max(0, seconds));
    long minutes = whole / 60;
    return minutes < 60
        ? "%d:%02d".formatted(minutes, whole % 60)
        : "%d:%02d:%02d".formatted(minutes / 60, minutes % 60, whole % 60);
  }

  private static String gauge(ProgressState state, int width) {
    double share =
        Math.clamp(state.doneBytes(), 0, state.totalBytes()) / (double) state.totalBytes();
    int filled = (int) Math.floor(share * width);
    return "[" + "#".repeat(filled) + "-".repeat(width - filled) + "]";
  }

  private static String figures(ProgressState state) {
    String text =
        "%3d %%  %s of %s"
            .formatted(state.percent(), bytes(state.doneBytes()), bytes(state.totalBytes()));
    OptionalDouble rate = state.bytesPerSecond();
    if (rate.isEmpty()) {
      return text;
    }
    long left = Math.max(0, state.totalBytes() - state.doneBytes());
    return text
        + "  %s/s  %s left"
            .formatted(bytes(Math.round(rate.getAsDouble())), time(left / rate.getAsDouble()));
  }
}
