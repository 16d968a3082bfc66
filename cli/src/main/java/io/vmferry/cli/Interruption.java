package io.vmferry.cli;

import io.vmferry.cli.backend.Backend;
import java.io.PrintStream;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/**
 * What happens if the process is interrupted or terminated while it waits for a task: the user
 * learns how the task goes on, and the embedded AWS is closed cleanly. The exit code is the JVM's:
 * 130 or 143.
 */
final class Interruption implements AutoCloseable {
  private final PrintStream err;
  private final Backend backend;
  private final Runnable withoutTask;
  private final Thread hook = new Thread(this::leave, "interruption");
  private volatile @Nullable String taskId;

  /**
   * Watches over a command until this is closed.
   *
   * @param withoutTask what is left to do if there is no task yet
   */
  Interruption(CliEnvironment environment, Backend backend, Runnable withoutTask) {
    this.err = environment.err();
    this.backend = backend;
    this.withoutTask = withoutTask;
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** From here on there is a task that outlives the process. */
  void task(String id) {
    taskId = id;
  }

  /** What the end of the process does. */
  void leave() {
    String id = taskId;
    err.println();
    if (id == null) {
      err.println("vmferry: interrupted before a task was started");
      withoutTask.run();
    } else {
      err.println(
          "vmferry: interrupted; 'vmferry task --wait %s' goes on with it, 'vmferry cancel %s' ends it"
              .formatted(id, id));
    }
    err.flush();
    backend.close();
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException ending) {
      awaitTheEnd();
    }
  }

  /**
   * The process is ending and takes the back end away under this thread, whose complaints about
   * that must not be heard.
   */
  private static void awaitTheEnd() {
    CountDownLatch never = new CountDownLatch(1);
    while (true) {
      try {
        never.await();
      } catch (InterruptedException e) {
        // Only the end of the process ends this.
      }
    }
  }
}
