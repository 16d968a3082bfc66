package io.vmferry.cli.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class MachineTest {

  @Test
  void serialNumbersAreThoseOfVolumes() {
    assertThat(Machine.Disk.serialOf("snap-0793bacf4137b743e")).isEqualTo("vol0793bacf4137b743e");
    assertThat(Machine.Disk.serialOf("snap-1a2b3c4d")).isEqualTo("vol0000000001a2b3c4d");
    assertThat(Machine.Disk.serialOf("snap-,serial=x")).hasSize(20).matches("vol[0-9a-f]{17}");
  }

  @Test
  void theBootModeSaysTheFirmware() {
    assertThat(Firmware.of(Optional.empty())).isEqualTo(Firmware.BIOS);
    assertThat(Firmware.of(Optional.of("legacy-bios"))).isEqualTo(Firmware.BIOS);
    assertThat(Firmware.of(Optional.of("uefi"))).isEqualTo(Firmware.UEFI);
    assertThat(Firmware.of(Optional.of("uefi-preferred"))).isEqualTo(Firmware.UEFI);
  }

  @Test
  void durationsAreReadAndWritten() {
    assertThat(DurationText.parse("90s")).isEqualTo(Duration.ofSeconds(90));
    assertThat(DurationText.parse("5m")).isEqualTo(Duration.ofMinutes(5));
    assertThat(DurationText.parse("1h")).isEqualTo(Duration.ofHours(1));
    assertThat(DurationText.of(Duration.ofSeconds(90))).isEqualTo("90s");
    assertThat(DurationText.of(Duration.ofMinutes(5))).isEqualTo("5m");
    assertThat(DurationText.of(Duration.ofHours(2))).isEqualTo("2h");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "5", "m", "-1s", "0s", "1.5h", "1d", "9999999s"})
  void whatIsNoDurationIsRefused(String text) {
    assertThatThrownBy(() -> DurationText.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("90s");
  }
}
