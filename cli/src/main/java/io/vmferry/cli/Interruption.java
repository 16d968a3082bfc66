package io.vmferry.cli;

import io.vmferry.cli.backend.Backend;

/**
 * What happens if the process is interrupted or terminated while a task runs: the embedded AWS is
 * closed cleanly, and the user learns how the task goes on. The exit code is the JVM's: 130 or 143.
 */
final class Interruption implements AutoCloseable {
  private final Thread hook;

  private Interruption(Runnable action) {
    this.hook = new Thread(action, "interruption");
    Runtime.getRuntime().addShutdownHook(hook);
  }

  /** Watches over a task until this is closed. */
  static Interruption of(CliEnvironment environment, Backend backend, String taskId) {
    return new Interruption(() -> leave(environment, backend, taskId));
  }

  /** Lets go of a task that has not ended. */
  static void leave(CliEnvironment environment, Backend backend, String taskId) {
    environment.err().println();
    environment
        .err()
        .println(
            "vmferry: interrupted; 'vmferry task --wait %s' goes on with it, 'vmferry cancel %s' ends it"
                .formatted(taskId, taskId));
    environment.err().flush();
    backend.close();
  }

  @Override
  public void close() {
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException e) {
      // The process is ending: the hook runs now, and the process must not end before it has.
      Thread.currentThread().interrupt();
    }
  }
}
