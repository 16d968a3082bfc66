package io.vmferry.cli.backend;

import io.vmferry.local.EmbeddedAws;
import io.vmferry.local.stack.EmbeddedStack;
import io.vmferry.local.stepfunctions.StatesApiException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.LongConsumer;
import software.amazon.awssdk.http.SdkHttpClient;

/** The embedded AWS of this process with vmferry deployed on it. */
final class EmbeddedSystem implements AutoCloseable {
  /** A task's last step has little to do after the task has ended. */
  private static final Duration LAST_STEP = Duration.ofSeconds(30);

  private final EmbeddedAws aws;
  private final EmbeddedStack stack;
  private final AtomicBoolean resumed = new AtomicBoolean();

  EmbeddedSystem(EmbeddedAws aws, EmbeddedStack stack) {
    this.aws = aws;
    this.stack = stack;
  }

  /** Reaches the embedded AWS without its port. */
  SdkHttpClient httpClient() {
    return aws.httpClient();
  }

  /** Makes an object of a file; see {@link EmbeddedAws#placeObject}. */
  void placeObject(String bucket, String key, Path file, LongConsumer copied) throws IOException {
    aws.placeObject(bucket, key, file, copied);
  }

  /** Lets the tasks of an earlier process go on; returns false if they do already. */
  boolean resume() {
    boolean first = resumed.compareAndSet(false, true);
    if (first) {
      stack.resume();
    }
    return first;
  }

  /** Waits until the execution of a task that has ended has ended too. */
  void settle(String taskId) {
    // Without having been resumed, an execution does not end.
    if (resumed.get()) {
      try {
        stack.awaitExecution(taskId, LAST_STEP);
      } catch (StatesApiException e) {
        // There is none: it is forgotten, or was never started.
      }
    }
  }

  @Override
  public void close() {
    stack.close();
    aws.close();
  }
}
