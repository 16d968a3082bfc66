package io.vmferry.cli.progress;

import java.util.OptionalDouble;

/**
 * How far a piece of work is at one moment.
 *
 * @param label what is done, in a word: {@code uploading}
 * @param doneBytes bytes dealt with
 * @param totalBytes bytes to deal with; 0 while that is not known
 * @param bytesPerSecond the rate over the last seconds; empty while there is none to tell
 */
public record ProgressState(
    String label, long doneBytes, long totalBytes, OptionalDouble bytesPerSecond) {

  /** Work of which only the name is known. */
  public static ProgressState of(String label) {
    return new ProgressState(label, 0, 0, OptionalDouble.empty());
  }

  /** Whether the amount of work is known. */
  public boolean hasTotal() {
    return totalBytes > 0;
  }

  /** Whole percent, rounded down: 100 only when all is done. */
  public int percent() {
    if (!hasTotal()) {
      return 0;
    }
    long done = Math.clamp(doneBytes, 0, totalBytes);
    return (int) Math.floor(done * 100.0 / totalBytes);
  }
}
