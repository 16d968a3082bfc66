package io.vmferry.functions.service;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.port.Workflow;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskError;
import io.vmferry.functions.task.TaskEvent;
import io.vmferry.functions.task.TaskStatus;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;

/**
 * Lets a failed task go on from what it had written: its execution is run again, whose steps leave
 * alone what is done already. Refused if the source is not what it was.
 *
 * <p>The execution ends in a step that fails for the task's reason ({@link #resume}). Running it
 * again, from here or by Step Functions' own redrive, enters that step once more, which then finds
 * the task retried, or retries it, and the steps begin again from the first.
 */
public final class RetryTask {
  /** The execution that failed has its last step to do: 30 seconds are plenty. */
  private static final int LOOKS = 300;

  private static final Duration LOOK_EVERY = Duration.ofMillis(100);

  private final TaskStore tasks;
  private final Workflow workflow;
  private final Admission admission;
  private final KeptWork kept;
  private final TaskLog log;
  private final Clock clock;

  /** A service on these. */
  public RetryTask(
      TaskStore tasks,
      Workflow workflow,
      Admission admission,
      KeptWork kept,
      TaskLog log,
      Clock clock) {
    this.tasks = tasks;
    this.workflow = workflow;
    this.admission = admission;
    this.kept = kept;
    this.log = log;
    this.clock = clock;
  }

  /**
   * Retries a task. Of several calls at once, one retries, and all return the task that runs.
   *
   * @throws VmferryException {@link ErrorCode#TASK_NOT_FOUND}; {@link
   *     ErrorCode#TASK_STATE_CONFLICT} if it has not failed, or nothing is left of it; {@link
   *     ErrorCode#TASK_NOT_RETRYABLE} if what it had written is gone; {@link
   *     ErrorCode#SOURCE_CHANGED}, {@link ErrorCode#SOURCE_NOT_FOUND}; {@link
   *     ErrorCode#TASK_LIMIT_EXCEEDED}; {@link ErrorCode#SERVICE_UNAVAILABLE} if its last run does
   *     not end
   */
  public Task retry(String taskId) {
    Task task = find(taskId);
    if (task.status().isWorkedFor() && task.attempt() > 1) {
      // Whoever has retried it may have died before it ran.
      admission.resume(task);
      return find(taskId);
    }
    check(task);
    awaitEnd(task);
    boolean slot = admission.take(task);
    Task retried = claimed(task, slot, workflow.runs(taskId) + 1);
    if (retried.attempt() > task.attempt() && retried.status() == TaskStatus.ACTIVE) {
      if (slot) {
        admission.launch(retried);
      } else {
        admission.enqueue(retried);
      }
    }
    return find(taskId);
  }

  /**
   * The last step of a run that has failed, and the first one of the next.
   *
   * @param redrives how often the execution was run again
   * @throws VmferryException why the task has failed, unless it is retried
   */
  public void resume(String taskId, int redrives) {
    Task task = find(taskId);
    if (task.status() == TaskStatus.FAILED && task.attempt() <= redrives) {
      // Step Functions was told to run the execution again, and nobody else. It may have
      // been told before, and refused here.
      check(task);
      if (!admission.take(task)) {
        throw new VmferryException(
            ErrorCode.TASK_LIMIT_EXCEEDED, "all slots are taken; retry the task itself to wait");
      }
      task = claimed(task, true, redrives + 1);
    }
    if (task.status() != TaskStatus.ACTIVE || task.attempt() != redrives + 1) {
      throw task.error()
          .map(TaskError::toException)
          .orElseGet(
              () ->
                  new VmferryException(
                      ErrorCode.TASK_STATE_CONFLICT,
                      "task %s is %s".formatted(taskId, describe(taskId))));
    }
  }

  private String describe(String taskId) {
    return String.valueOf(find(taskId).status());
  }

  private Task find(String taskId) {
    return tasks
        .find(taskId)
        .orElseThrow(
            () ->
                new VmferryException(
                    ErrorCode.TASK_NOT_FOUND, "there is no task %s".formatted(taskId)));
  }

  private void check(Task task) {
    // Refuses what has not failed.
    Task next = task.retried("", 0);
    Instant until = task.keptUntil().orElse(Instant.MAX);
    if (!clock.instant().isBefore(until)) {
      throw new VmferryException(
          ErrorCode.TASK_NOT_RETRYABLE,
          "what task %s had written was kept until %s".formatted(next.id(), until));
    }
    kept.check(task);
  }

  /** Retries the task in its record; if someone else has, the task as it is then. */
  private Task claimed(Task task, boolean slot, int run) {
    try {
      Task retried = tasks.update(task.id(), t -> t.retried("pending", run));
      log.add(task.id(), TaskEvent.Kind.REQUEST, "retried, run %d".formatted(retried.attempt()));
      return retried;
    } catch (VmferryException e) {
      Task now = find(task.id());
      if (e.code() == ErrorCode.TASK_STATE_CONFLICT && now.status().isWorkedFor()) {
        return now;
      }
      if (slot && now.status().isAtRest()) {
        admission.release(now);
      }
      throw e;
    }
  }

  /** Waits until the run that failed has ended: it can be run again only then. */
  private void awaitEnd(Task failed) {
    for (int look = 0; look < LOOKS; look++) {
      if (workflow.state(failed.id()) != Workflow.State.RUNNING
          || find(failed.id()).attempt() != failed.attempt()) {
        // It has ended, or what runs is the next run already, which someone else has begun.
        return;
      }
      try {
        Thread.sleep(LOOK_EVERY);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        break;
      }
    }
    throw new VmferryException(
        ErrorCode.SERVICE_UNAVAILABLE,
        "the run of task %s that failed has not ended yet".formatted(failed.id()));
  }
}
