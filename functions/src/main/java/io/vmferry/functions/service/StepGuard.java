package io.vmferry.functions.service;

import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.task.Effect;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskStatus;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes steps clear up behind themselves. Cleanup removes what there is at the time it looks, and a
 * step that runs then may make one thing more. So every step that makes things looks at its task
 * once more when it ends: if that is being removed, or has ended, it removes what steps of its kind
 * make. Whatever was made before Cleanup looked is found by Cleanup, and whatever was made after is
 * found here, because the task's state changes before Cleanup looks.
 */
final class StepGuard {
  private static final Logger LOG = LoggerFactory.getLogger(StepGuard.class);

  private final TaskStore tasks;
  private final Removal removal;

  StepGuard(TaskStore tasks, Removal removal) {
    this.tasks = tasks;
    this.removal = removal;
  }

  /**
   * A step.
   *
   * @param <T> its result
   * @param <X> how it may fail
   */
  interface Step<T, X extends Exception> {
    /** Does it. */
    T run() throws X;
  }

  /**
   * Runs a step.
   *
   * @param first a kind of what it makes
   * @param others the other kinds
   */
  <T, X extends Exception> T clearedUp(
      String taskId, Step<T, X> step, Effect.Kind first, Effect.Kind... others) throws X {
    Set<Effect.Kind> kinds = EnumSet.of(first, others);
    boolean done = false;
    try {
      T result = step.run();
      done = true;
      return result;
    } finally {
      if (done) {
        clearUp(taskId, kinds);
      } else {
        clearUpAfterFailure(taskId, kinds);
      }
    }
  }

  /** The failure of the step is the one to tell. */
  private void clearUpAfterFailure(String taskId, Set<Effect.Kind> kinds) {
    try {
      clearUp(taskId, kinds);
    } catch (VmferryException e) {
      LOG.warn("A step of {} that failed cannot clear up: {}", taskId, e.getMessage());
    }
  }

  private void clearUp(String taskId, Set<Effect.Kind> kinds) {
    // A step that was interrupted has to clear up all the more.
    boolean interrupted = Thread.interrupted();
    try {
      Optional<Task> task = tasks.find(taskId);
      if (task.isEmpty() || task.get().status().compareTo(TaskStatus.DELETING) >= 0) {
        removal.removeLate(taskId, kinds);
      } else if (task.get().status() == TaskStatus.COMPLETED) {
        EnumSet<Effect.Kind> intermediate = EnumSet.of(Effect.Kind.UPLOAD, Effect.Kind.OBJECT);
        intermediate.retainAll(kinds);
        removal.removeLate(taskId, intermediate);
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
