package io.vmferry.functions.service;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskError;
import io.vmferry.functions.task.TaskStatus;
import java.time.Clock;
import java.util.OptionalInt;

/**
 * Ends a task that failed or was cancelled: nothing of it is left but its record and the reason. If
 * the reason may pass, what the task has written is kept for a while instead, so that it can be
 * retried.
 */
public final class Cleanup {
  private final TaskStore tasks;
  private final Removal removal;
  private final Admission admission;
  private final TaskLimits limits;
  private final Clock clock;

  /** A service on these. */
  public Cleanup(
      TaskStore tasks, Removal removal, Admission admission, TaskLimits limits, Clock clock) {
    this.tasks = tasks;
    this.removal = removal;
    this.admission = admission;
    this.limits = limits;
    this.clock = clock;
  }

  /**
   * Notes why a task fails, so that the reason is known whatever the state machine makes of it. The
   * first reason stays.
   *
   * @throws VmferryException {@link ErrorCode#TASK_NOT_FOUND}
   */
  public void note(String taskId, TaskError error) {
    tasks.update(taskId, t -> t.status().isAtRest() ? t : t.withError(error));
  }

  /**
   * Ends a task whose run has failed: keeps what it has written, if the reason may pass, else
   * removes it. A task that ended before is left as it is; cleaning again does no harm.
   *
   * @param error why; kept unless the task has a reason already
   * @param redrives how often the execution that failed had been run again; a run before the task's
   *     last one changes nothing any more. Empty if that is not known
   * @return the task as it ended
   * @throws VmferryException if something cannot be removed now; the task stays {@link
   *     TaskStatus#DELETING}
   */
  public Task clean(String taskId, TaskError error, OptionalInt redrives) {
    Task task =
        tasks.update(
            taskId,
            t -> {
              if (!t.status().isWorkedFor() || isOver(t, redrives)) {
                return t;
              }
              TaskError reason = t.error().orElse(error);
              return isKept(t, reason)
                  ? t.kept(reason, clock.instant().plus(limits.keep()))
                  : deleting(t, reason);
            });
    return task.status().isWorkedFor() ? task : finish(task);
  }

  /**
   * Removes a task that has not ended, kept or not.
   *
   * @param error why; kept unless the task has a reason already
   * @throws VmferryException as {@link #clean}
   */
  public Task remove(String taskId, TaskError error) {
    Task task =
        tasks.update(
            taskId, t -> t.status().mayBecome(TaskStatus.DELETING) ? deleting(t, error) : t);
    return finish(task);
  }

  /**
   * Removes a task if it is still where it was seen: one that has ended since, goes on or was
   * retried is left alone.
   *
   * @param seen the task, not final, as whoever decided to remove it has seen it
   * @param error why; kept unless the task has a reason already
   * @return the task as it is now
   * @throws VmferryException as {@link #clean}
   */
  public Task removeUnchanged(Task seen, TaskError error) {
    Task task =
        tasks.update(
            seen.id(),
            t ->
                isUnchanged(t, seen) && t.status().mayBecome(TaskStatus.DELETING)
                    ? deleting(t, error)
                    : t);
    return task.status() == TaskStatus.DELETING ? finish(task) : task;
  }

  private static boolean isUnchanged(Task task, Task seen) {
    return task.status() == seen.status() && task.attempt() == seen.attempt();
  }

  private static Task deleting(Task task, TaskError error) {
    Task failed = task.withError(error);
    return failed.advanced(TaskStatus.DELETING, failed.error().orElse(error).message());
  }

  /** Whether the task is past the run that has failed. */
  private static boolean isOver(Task task, OptionalInt redrives) {
    return redrives.isPresent() && redrives.getAsInt() + 1 < task.attempt();
  }

  private boolean isKept(Task task, TaskError reason) {
    return !limits.keep().isZero()
        && !task.request().onlyReports()
        && switch (reason.code().category()) {
          case EXTERNAL, CAPACITY -> true;
          case USER, INTERNAL -> false;
        };
  }

  private Task finish(Task task) {
    Task ended = task;
    if (task.status() == TaskStatus.DELETING) {
      removal.removeAll(task.id());
      ended =
          tasks.update(
              task.id(),
              t ->
                  t.status().isFinal()
                      ? t
                      : t.advanced(
                          TaskStatus.DELETED, t.error().map(TaskError::message).orElse("deleted")));
    }
    admission.ended(ended);
    return ended;
  }
}
