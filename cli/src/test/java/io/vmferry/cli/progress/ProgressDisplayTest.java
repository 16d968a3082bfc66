package io.vmferry.cli.progress;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.cli.ManualTicker;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

final class ProgressDisplayTest {
  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final PrintStream output = new PrintStream(printed, true, StandardCharsets.UTF_8);
  private final ManualTicker ticker = new ManualTicker();

  @Test
  void printsALineForEachStateAndEveryFiveSeconds() {
    ProgressDisplay display = ProgressDisplay.on(output, OptionalInt.empty(), ticker);
    display.show(ProgressState.of("validating"));
    for (int second = 0; second < 12; second++) {
      display.show(at(second));
      ticker.advance(Duration.ofSeconds(1));
    }
    display.end();

    assertThat(text())
        .isEqualTo(
            """
            validating
            converting 0 %, 0 B of 100 B
            converting 5 %, 5 B of 100 B
            converting 10 %, 10 B of 100 B
            """);
  }

  @Test
  void doesNotRepeatALine() {
    ProgressDisplay display = ProgressDisplay.on(output, OptionalInt.empty(), ticker);
    for (int second = 0; second < 60; second++) {
      display.show(ProgressState.of("updating"));
      ticker.advance(Duration.ofSeconds(1));
    }

    assertThat(text()).isEqualTo("updating\n");
  }

  @Test
  void rewritesOneLineOfATerminalAtMostTenTimesASecond() {
    ProgressDisplay display = ProgressDisplay.on(output, OptionalInt.of(60), ticker);
    for (int i = 0; i < 100; i++) {
      display.show(at(i));
      ticker.advance(Duration.ofMillis(10));
    }
    display.end();

    assertThat(text()).doesNotContain("\n").endsWith("\r\u001b[K");
    assertThat(text().split("\r", -1)).hasSize(12);
  }

  @Test
  void leavesATerminalAloneIfNothingWasShown() {
    ProgressDisplay.on(output, OptionalInt.of(60), ticker).end();

    assertThat(text()).isEmpty();
  }

  private static ProgressState at(long done) {
    return new ProgressState("converting", done, 100, OptionalDouble.empty());
  }

  private String text() {
    return printed.toString(StandardCharsets.UTF_8);
  }
}
