package io.vmferry.functions.container;

import io.vmferry.functions.handler.Wiring;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The entry point of the Fargate task, configured by the environment as the functions are. */
public final class Main {
  private static final Logger LOG = LoggerFactory.getLogger(Main.class);

  /** Less than ECS waits between SIGTERM and SIGKILL, which is 30 s unless a task says more. */
  private static final long STOP_SECONDS = 25;

  private Main() {}

  /**
   * Runs a task's work and exits.
   *
   * @param arguments {@code convert TASK} or {@code download TASK}
   */
  public static void main(String[] arguments) {
    System.exit(run(Wiring.fromEnvironment(), arguments));
  }

  /**
   * Runs a task's work, until it ends or the process is asked to.
   *
   * @return the exit code, see {@link ContainerTask}
   */
  public static int run(Wiring wiring, String... arguments) {
    ContainerTask task = new ContainerTask(wiring.wholePlan(), wiring.cleanup());
    Runtime.getRuntime().addShutdownHook(new Thread(() -> stop(task), "stop"));
    return task.run(List.of(arguments));
  }

  private static void stop(ContainerTask task) {
    try {
      if (!task.stop(STOP_SECONDS, TimeUnit.SECONDS)) {
        LOG.warn("the work in hand has not ended after {} s", STOP_SECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
