package io.vmferry.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code docs/boot-matrix.md}: each guest's row has the date and result of its last boot by {@code
 * scripts/boot-matrix}. Other runs do not write it.
 */
final class BootMatrixTable {
  private static final Path FILE = Fixtures.ROOT.resolve("docs/boot-matrix.md");
  private static final String WRITE = "boot.matrix.write";
  private static final int MAX_REASON = 160;
  private static final Clock CLOCK = Clock.systemUTC();

  private final BootGuest guest;
  private final Instant started;

  private BootMatrixTable(BootGuest guest, Instant started) {
    this.guest = guest;
    this.started = started;
  }

  /** The table, for a guest whose turn begins. */
  static BootMatrixTable of(BootGuest guest) {
    return new BootMatrixTable(guest, CLOCK.instant());
  }

  /** The guest did all that is asked of it. */
  void passed() throws IOException {
    Duration taken = Duration.between(started, CLOCK.instant());
    write("passed in %d:%02d min".formatted(taken.toMinutes(), taken.toSecondsPart()));
  }

  /** The guest did not. */
  void failed(Throwable failure) throws IOException {
    String reason = String.valueOf(failure.getMessage()).strip().split("\\R", -1)[0];
    reason = reason.substring(0, Math.min(MAX_REASON, reason.length())).replace("|", "\\|");
    write("**failed**: " + reason);
  }

  private void write(String result) throws IOException {
    if (!Boolean.getBoolean(WRITE)) {
      return;
    }
    String row =
        "| %s | %s | %s | %s | %s | %s |"
            .formatted(
                guest.name(),
                guest.summary(),
                guest.format().toUpperCase(java.util.Locale.ROOT),
                guest.stuckAt(),
                CLOCK.instant().atZone(ZoneOffset.UTC).toLocalDate(),
                result);
    List<String> lines = new ArrayList<>(Files.readAllLines(FILE));
    String start = "| %s |".formatted(guest.name());
    int old = -1;
    for (int index = 0; index < lines.size(); index++) {
      if (lines.get(index).startsWith(start)) {
        old = index;
      }
    }
    if (old < 0) {
      throw new IOException("%s has no row for %s".formatted(FILE, guest.name()));
    }
    lines.set(old, row);
    Files.write(FILE, lines);
  }
}
