package io.vmferry.cli.progress;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

final class RateMeterTest {
  private static final long SECOND = 1_000_000_000L;

  private final RateMeter meter = new RateMeter();

  @Test
  void hasNoRateBeforeHalfASecond() {
    meter.add(0, 0);
    meter.add(SECOND / 4, 1000);

    assertThat(meter.bytesPerSecond()).isEmpty();
  }

  @Test
  void isTheMeanOverTheWindow() {
    meter.add(0, 0);
    meter.add(SECOND, 100);
    meter.add(2 * SECOND, 400);

    assertThat(meter.bytesPerSecond()).hasValue(200);
  }

  @Test
  void forgetsWhatIsOlderThanTenSeconds() {
    meter.add(0, 0);
    for (int second = 1; second <= 30; second++) {
      meter.add(second * SECOND, second <= 15 ? 1000L * second : 15_000 + 10L * (second - 15));
    }

    assertThat(meter.bytesPerSecond()).hasValue(10);
  }

  @Test
  void startsAgainWhenTheFigureFalls() {
    meter.add(0, 0);
    meter.add(SECOND, 1000);
    meter.add(2 * SECOND, 0);
    assertThat(meter.bytesPerSecond()).isEmpty();

    meter.add(3 * SECOND, 50);
    assertThat(meter.bytesPerSecond()).hasValue(50);
  }

  @Test
  void hasNoRateWhileNothingMoves() {
    meter.add(0, 7);
    meter.add(5 * SECOND, 7);

    assertThat(meter.bytesPerSecond()).isEmpty();
  }
}
