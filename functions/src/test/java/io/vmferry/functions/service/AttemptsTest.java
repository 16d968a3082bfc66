package io.vmferry.functions.service;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class AttemptsTest {
  private final List<Duration> pauses = new ArrayList<>();
  private final Attempts attempts = new Attempts(new Random(1), pauses::add);
  private int calls;

  @AfterEach
  void forgetInterrupts() {
    Thread.interrupted();
  }

  @Test
  void triesAgainWhatFailedOutsideOrForWantOfCapacity() throws IOException {
    attempts.run(
        () -> {
          calls++;
          switch (calls) {
            case 1 -> throw new VmferryException(ErrorCode.SERVICE_THROTTLED, "slow down");
            case 2 -> throw new SocketTimeoutException("too slow");
            case 3 -> throw new UncheckedIOException(new IOException("reset"));
            default -> {}
          }
        });
    assertThat(calls).isEqualTo(4);
    assertThat(pauses).hasSize(3);
    assertThat(pauses.get(0)).isBetween(Duration.ZERO, Duration.ofSeconds(1));
    assertThat(pauses.get(2)).isBetween(Duration.ZERO, Duration.ofSeconds(4));
  }

  @Test
  void givesUpAfterSevenTimesWithTheLastFailure() {
    assertThatThrownBy(
            () ->
                attempts.run(
                    () -> {
                      calls++;
                      throw new VmferryException(ErrorCode.SERVICE_UNAVAILABLE, "no " + calls);
                    }))
        .hasMessageContaining("no 7");
    assertThat(pauses).hasSize(6).allMatch(pause -> pause.compareTo(Duration.ofSeconds(32)) <= 0);
  }

  @Test
  void doesNotTryAgainWhatFailsTheSameWayEachTime() {
    assertThatThrownBy(
            () ->
                attempts.run(
                    () -> {
                      calls++;
                      throw new EOFException("the image ends");
                    }))
        .isInstanceOf(EOFException.class);
    assertThatThrownBy(
            () ->
                attempts.run(
                    () -> {
                      calls++;
                      throw new IllegalStateException("a fault of ours");
                    }))
        .isInstanceOf(IllegalStateException.class);
    assertThat(calls).isEqualTo(2);
    assertThat(pauses).isEmpty();
  }

  @Test
  void anInterruptEndsItAtOnce() {
    assertThatThrownBy(
            () ->
                attempts.run(
                    () -> {
                      calls++;
                      Thread.currentThread().interrupt();
                      throw new InterruptedIOException("interrupted");
                    }))
        .isInstanceOf(InterruptedIOException.class);
    assertThat(calls).isEqualTo(1);
    assertThat(pauses).isEmpty();
  }
}
