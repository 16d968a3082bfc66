package io.vmferry.cli.progress;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ProgressTextTest {
  private static final long MIB = 1L << 20;

  @Test
  void showsBarPercentAmountRateAndTimeLeft() {
    ProgressState state = converting(256 * MIB, 1024 * MIB, 64 * MIB);

    assertThat(ProgressText.bar(state, 100))
        .isEqualTo(
            "converting  [########--------------------------]   25 %  256 MiB of 1.00 GiB"
                + "  64.0 MiB/s  0:12 left");
  }

  @Test
  void isFullAndAtHundredPercentOnlyWhenAllIsDone() {
    assertThat(ProgressText.bar(converting(1024 * MIB - 1, 1024 * MIB, MIB), 100))
        .contains(" 99 %")
        .contains("-]");
    assertThat(ProgressText.bar(converting(1024 * MIB, 1024 * MIB, MIB), 100))
        .contains("100 %")
        .doesNotContain("-]")
        .contains("0:00 left");
  }

  @Test
  void leavesRateAndTimeOutWhileTheyAreUnknown() {
    ProgressState state = new ProgressState("uploading", MIB, 2 * MIB, OptionalDouble.empty());

    assertThat(ProgressText.plain(state)).isEqualTo("uploading 50 %, 1.00 MiB of 2.00 MiB");
  }

  @Test
  void saysOnlyWhatIsDoneWhileTheAmountIsUnknown() {
    assertThat(ProgressText.bar(ProgressState.of("validating"), 80)).isEqualTo("validating…");
    assertThat(ProgressText.plain(ProgressState.of("validating"))).isEqualTo("validating");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 10, 40, 60, 79, 80, 81, 200, 10_000})
  void neverReachesTheTerminalsLastColumn(int columns) {
    String line =
        ProgressText.bar(converting((1L << 60) - 1, Long.MAX_VALUE, 123_456_789), columns);

    assertThat(line.length()).isLessThan(columns);
  }

  @Test
  void dropsTheBarBeforeTheFigures() {
    assertThat(ProgressText.bar(converting(MIB, 2 * MIB, MIB), 70))
        .doesNotContain("[")
        .contains("50 %")
        .contains("0:01 left");
  }

  @Test
  void showsMoreThanWasExpectedAsFull() {
    assertThat(converting(3 * MIB, 2 * MIB, MIB).percent()).isEqualTo(100);
    assertThat(ProgressText.bar(converting(3 * MIB, 2 * MIB, MIB), 100)).contains("0:00 left");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0 B",
    "1023, 1023 B",
    "1024, 1.00 KiB",
    "10239, 10.0 KiB",
    "1047552, 1023 KiB",
    "1048575, 1.00 MiB",
    "1610612736, 1.50 GiB",
    "17592186044416, 16.0 TiB",
    "9223372036854775807, 8.00 EiB"
  })
  void printsBytesWithThreeDigits(long bytes, String expected) {
    assertThat(ProgressText.bytes(bytes)).isEqualTo(expected);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0:00",
    "59.4, 0:59",
    "59.6, 1:00",
    "3599, 59:59",
    "3600, 1:00:00",
    "86399, 23:59:59",
    "360000, --:--",
    "Infinity, --:--",
    "NaN, --:--",
    "-3, 0:00"
  })
  void printsTimes(double seconds, String expected) {
    assertThat(ProgressText.time(seconds)).isEqualTo(expected);
  }

  private static ProgressState converting(long done, long total, double rate) {
    return new ProgressState("converting", done, total, OptionalDouble.of(rate));
  }
}
