package io.vmferry.functions.service;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.port.Workflow;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskError;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Puts right what died on its way, from time to time: kept work whose time is over goes, tasks that
 * wait are started, removals that were begun are ended, and tasks without an execution are run or
 * removed.
 */
public final class TaskSweep {
  private static final Logger LOG = LoggerFactory.getLogger(TaskSweep.class);

  private final TaskStore tasks;
  private final Workflow workflow;
  private final Admission admission;
  private final Cleanup cleanup;
  private final Clock clock;

  /** A service on these. */
  public TaskSweep(
      TaskStore tasks, Workflow workflow, Admission admission, Cleanup cleanup, Clock clock) {
    this.tasks = tasks;
    this.workflow = workflow;
    this.admission = admission;
    this.cleanup = cleanup;
    this.clock = clock;
  }

  /**
   * Sweeps all tasks that are not final. That one cannot be put right is logged, and does not stop
   * the others.
   *
   * @param age how long a task must not have changed before it counts as left behind: longer than
   *     whatever may still be at it
   */
  public void sweep(Duration age) {
    for (TaskKind kind : TaskKind.values()) {
      for (String id : tasks.active(kind)) {
        tasks.find(id).ifPresent(task -> attempt(() -> sweep(task, age), id));
      }
      attempt(() -> admission.heal(kind), kind.name());
      attempt(() -> admission.startNext(kind), kind.name());
    }
  }

  private static void attempt(Runnable work, String what) {
    try {
      work.run();
    } catch (VmferryException e) {
      LOG.warn("{} is not put right: {}", what, e.getMessage());
    }
  }

  private void sweep(Task task, Duration age) {
    Instant now = clock.instant();
    if (task.status() == TaskStatus.FAILED) {
      if (!task.keptUntil().orElse(Instant.MIN).isAfter(now)) {
        LOG.info("{} was not retried until {}", task.id(), task.keptUntil());
        // Unless it is retried at this moment.
        cleanup.removeUnchanged(task, reason("not retried"));
      }
      return;
    }
    if (task.updatedAt().plus(age).isAfter(now) || task.status().isFinal()) {
      return;
    }
    if (task.status() == TaskStatus.DELETING) {
      if (!workflow.stop(task.id(), "being removed")) {
        cleanup.remove(task.id(), reason("being removed"));
      }
      return;
    }
    switch (workflow.state(task.id())) {
      case RUNNING -> {}
      case NONE -> admission.resume(task);
      case ENDED -> sweepEnded(task);
    }
  }

  /** What was retried waits, or was not run again; what was not has lost its cleanup. */
  private void sweepEnded(Task task) {
    if (task.status() == TaskStatus.ACTIVE && task.attempt() > 1) {
      try {
        admission.resume(task);
        return;
      } catch (VmferryException e) {
        if (e.code() != ErrorCode.TASK_NOT_RETRYABLE) {
          throw e;
        }
      }
    }
    cleanup.removeUnchanged(task, reason("its execution has ended without it"));
  }

  private static TaskError reason(String why) {
    VmferryException failure = new VmferryException(ErrorCode.INTERNAL, why);
    return new TaskError(failure.code(), String.valueOf(failure.getMessage()));
  }
}
