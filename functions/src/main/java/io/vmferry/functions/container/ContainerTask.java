package io.vmferry.functions.container;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.service.Cleanup;
import io.vmferry.functions.service.WholePlan;
import io.vmferry.functions.task.TaskError;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One run of the container: one kind of work of one task. What fails for good is noted on the task,
 * because all that ECS tells a state machine is an exit code.
 *
 * <p>{@link #stop} ends it from another thread, as ECS asks by a signal: what is in hand is given
 * up, nothing is noted, and the state machine decides whether there is another run.
 */
public final class ContainerTask {
  /** It is done. */
  public static final int DONE = 0;

  /** It failed for good, and the task says why; another run would fail the same way. */
  public static final int FAILED = 1;

  /** The command is wrong. */
  public static final int USAGE = 2;

  /** It failed, and the task could not be told; another run may do better. */
  public static final int NOT_NOTED = 70;

  /** It was stopped: 128 and the number of SIGTERM. */
  public static final int STOPPED = 143;

  private static final Logger LOG = LoggerFactory.getLogger(ContainerTask.class);

  private final WholePlan work;
  private final Cleanup failures;
  private final CountDownLatch ended = new CountDownLatch(1);
  private volatile boolean stopped;
  private volatile Thread runner = Thread.currentThread();

  /**
   * A run.
   *
   * @param failures takes the reason of a failure
   */
  public ContainerTask(WholePlan work, Cleanup failures) {
    this.work = work;
    this.failures = failures;
  }

  /**
   * Does what the arguments say.
   *
   * @param arguments {@code convert} or {@code download}, and the task's id
   * @return the process's exit code
   */
  public int run(List<String> arguments) {
    runner = Thread.currentThread();
    try {
      if (arguments.size() != 2) {
        return usage(arguments);
      }
      String taskId = arguments.get(1);
      return switch (arguments.getFirst()) {
        case "convert" -> run(taskId, work::convert);
        case "download" -> run(taskId, work::download);
        default -> usage(arguments);
      };
    } finally {
      ended.countDown();
    }
  }

  private static int usage(List<String> arguments) {
    LOG.error("expected: convert TASK, or download TASK; found: {}", String.join(" ", arguments));
    return USAGE;
  }

  private interface Work {
    void of(String taskId) throws IOException;
  }

  private int run(String taskId, Work work) {
    try {
      if (stopped) {
        return STOPPED;
      }
      work.of(taskId);
      LOG.info("{} is done", taskId);
      return DONE;
    } catch (IOException | RuntimeException e) {
      if (stopped) {
        LOG.warn("{} was stopped from outside", taskId);
        return STOPPED;
      }
      return failed(taskId, e);
    }
  }

  private int failed(String taskId, Exception failure) {
    TaskError reason = TaskError.of(failure);
    LOG.error("{} failed: {}: {}", taskId, reason.code(), reason.message(), failure);
    if (reason.code() == ErrorCode.TASK_NOT_FOUND
        || reason.code() == ErrorCode.TASK_STATE_CONFLICT) {
      // It was cancelled, or has failed elsewhere: its reason is there.
      return FAILED;
    }
    try {
      failures.note(taskId, reason);
      return FAILED;
    } catch (VmferryException e) {
      LOG.error("{} could not be told so", taskId, e);
      return NOT_NOTED;
    }
  }

  /**
   * Ends the run.
   *
   * @param most how long to wait for its end
   * @return whether it has ended
   */
  public boolean stop(long most, TimeUnit unit) throws InterruptedException {
    stopped = true;
    runner.interrupt();
    return ended.await(most, unit);
  }
}
