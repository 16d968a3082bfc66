package io.vmferry.local.stepfunctions;

import java.time.Duration;
import java.time.Instant;

/** The machine's clock. */
enum SystemTime implements TimeSource {
  INSTANCE;

  @Override
  public Instant now() {
    return Instant.now();
  }

  @Override
  public void sleep(Duration duration) throws InterruptedException {
    Thread.sleep(duration);
  }

  @Override
  public Alarm schedule(Duration delay, Runnable action) {
    Thread thread =
        Thread.ofVirtual()
            .name("alarm")
            .start(
                () -> {
                  try {
                    Thread.sleep(delay);
                  } catch (InterruptedException e) {
                    return;
                  }
                  action.run();
                });
    return thread::interrupt;
  }
}
