package io.vmferry.disk.ova;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CapacityTest {
  private static final Map<String, String> PROPERTIES =
      Map.of("disksize", "16", "loop", "${loop}", "blank", " ");

  @ParameterizedTest
  @CsvSource({
    "8589934592, '', 8589934592",
    "' 512 ', byte, 512",
    "512, bytes, 512",
    "8, byte * 2^30, 8589934592",
    "8, byte*2^30, 8589934592",
    "8, byte * 2 ^ 30, 8589934592",
    "8, Byte * 1024 * 1024, 8388608",
    "5, byte * 10^9, 5000000000",
    "2, KiloBytes, 2048",
    "2, MegaBytes, 2097152",
    "2, GigaBytes, 2147483648",
    "2, TeraBytes, 2199023255552",
    "2, GB, 2147483648",
    "2, MiB, 2097152",
    "${disksize}, byte * 2^30, 17179869184",
    "0, '', 0",
    "1, byte * 2^62, 4611686018427387904",
  })
  void understandsCapacities(String capacity, String units, long bytes) {
    assertThat(Capacity.parse(capacity, units, PROPERTIES)).hasValue(bytes);
  }

  @ParameterizedTest
  @CsvSource({
    "'', ''",
    "-1, ''",
    "1.5, GigaBytes",
    "0x10, ''",
    "9999999999999999999, ''",
    "9223372036854775808, ''",
    "8589934592, byte * 2^31",
    "2, byte * 2^63",
    "1, byte * 2^999999999999999999",
    "1, byte * 999999999999999999^62",
    "1, byte * 1^999999999",
    "1, byte * 999999999999 * 999999999999",
    "1, furlong",
    "1, byte *",
    "1, byte * x^2",
    "1, 2^30",
    "${nowhere}, ''",
    "${loop}, ''",
    "${blank}, ''",
    "${, ''",
    "'٣', ''",
  })
  void leavesOutCapacitiesThatCannotBeUnderstood(String capacity, String units) {
    assertThat(Capacity.parse(capacity, units, PROPERTIES)).isEmpty();
  }
}
