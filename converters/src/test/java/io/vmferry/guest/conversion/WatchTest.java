package io.vmferry.guest.conversion;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WatchTest {

  @Test
  void endsWorkThatWaitsWithTheSignalsReason() {
    VmferryException reason = new VmferryException(ErrorCode.TASK_CANCELLED, "it was cancelled");
    assertThatThrownBy(() -> Watch.over(() -> Optional.of(reason), WatchTest::waitForever))
        .isSameAs(reason)
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @Test
  void leavesTheThreadAsItWasWhenTheWorkIsDone() throws IOException {
    assertThat(Watch.over(StopSignal.NEVER, () -> "done")).isEqualTo("done");
    assertThat(Thread.currentThread().isInterrupted()).isFalse();
  }

  @Test
  void tellsTheWorksOwnFailureWhereThereIsNoSignal() {
    IOException failure = new IOException("the disk is damaged");
    assertThatThrownBy(
            () ->
                Watch.over(
                    StopSignal.NEVER,
                    () -> {
                      throw failure;
                    }))
        .isSameAs(failure);
  }

  private static String waitForever() throws IOException {
    try {
      new CountDownLatch(1).await();
      return "never";
    } catch (InterruptedException e) {
      throw new InterruptedIOException("interrupted");
    }
  }
}
