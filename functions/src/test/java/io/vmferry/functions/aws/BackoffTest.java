package io.vmferry.functions.aws;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import org.junit.jupiter.api.Test;

final class BackoffTest {
  @Test
  void pausesAreRandomAndTheirBoundDoublesUpToALimit() {
    List<Duration> pauses = new ArrayList<>();
    Backoff backoff = new Backoff(Duration.ofMillis(10), Duration.ofMillis(35), pauses::add);
    List<Duration> bounds =
        List.of(Duration.ofMillis(10), Duration.ofMillis(20), Duration.ofMillis(35));

    for (int round = 0; round < 200; round++) {
      for (int attempt = 1; attempt <= 100; attempt++) {
        pauses.clear();
        backoff.pause(attempt, "a call");
        assertThat(pauses.getFirst())
            .isBetween(Duration.ofNanos(1), bounds.get(Math.min(attempt, 3) - 1));
      }
    }

    pauses.clear();
    for (int i = 0; i < 50; i++) {
      backoff.pause(1, "a call");
    }
    assertThat(new HashSet<>(pauses)).hasSizeGreaterThan(25);
  }
}
