package io.vmferry.functions.service;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.AdmissionStore;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.port.Workflow;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets no more tasks run at once than are allowed. A task takes a slot before its state machine
 * starts, and gives it back when it has ended; whoever ends a task starts the next one that waits,
 * in the order in which they were accepted, so that nobody has to look again and again.
 *
 * <p>Taking a slot is atomic. A process that dies between two steps leaves a slot taken or a task
 * waiting, never too many tasks running: {@link #heal} and {@link #startNext}, which the sweep
 * calls, put that right.
 */
public final class Admission {
  /**
   * A slot is taken before its task is stored, or started over; a function that does so runs for 15
   * minutes at most.
   */
  private static final Duration LONGEST_START = Duration.ofMinutes(16);

  private static final Logger LOG = LoggerFactory.getLogger(Admission.class);
  private static final String TOKEN = "token/";
  private static final int AT_A_TIME = 10;

  private final TaskStore tasks;
  private final AdmissionStore store;
  private final Workflow workflow;
  private final TaskLimits limits;
  private final Clock clock;

  /** A service on these ports. */
  public Admission(
      TaskStore tasks, AdmissionStore store, Workflow workflow, TaskLimits limits, Clock clock) {
    this.tasks = tasks;
    this.store = store;
    this.workflow = workflow;
    this.limits = limits;
    this.clock = clock;
  }

  /**
   * Who holds a task's slot: requests with the same client token hold the same one, as they start
   * one task.
   */
  private static String holder(Task task) {
    return task.request().clientToken().map(token -> TOKEN + token).orElse(task.id());
  }

  /**
   * Takes a slot for a task.
   *
   * @return whether there was one; if not, the task has to wait in the line
   * @throws VmferryException {@link ErrorCode#TASK_LIMIT_EXCEEDED} if there was none and tasks do
   *     not wait here
   */
  boolean take(Task task) {
    TaskKind kind = task.request().kind();
    // Those that wait come first.
    boolean overtakes = limits.queue() && limits.isLimited() && !store.queued(kind, 1).isEmpty();
    if (!overtakes && (taken(task) || (heal(kind) && taken(task)))) {
      return true;
    }
    if (limits.queue()) {
      return false;
    }
    throw new VmferryException(
        ErrorCode.TASK_LIMIT_EXCEEDED,
        "%d %s tasks are active, and at most %d may be"
            .formatted(
                store.holders(kind).size(),
                kind.idPrefix().replaceAll("-$", ""),
                limits.activeTasks()));
  }

  private boolean taken(Task task) {
    return !limits.isLimited()
        || store.take(task.request().kind(), holder(task), limits.activeTasks());
  }

  /** Gives back a slot for which there is no task to run. */
  void release(Task task) {
    if (limits.isLimited()) {
      store.release(task.request().kind(), holder(task));
    }
  }

  /** Puts a stored task into the line; it is started if a slot has become free meanwhile. */
  void enqueue(Task task) {
    store.enqueue(task);
    startNext(task.request().kind());
  }

  /**
   * Starts the state machine of a task that has a slot, or runs it again; starting what runs does
   * nothing. A task that was cancelled meanwhile does not stay started.
   */
  void launch(Task task) {
    if (task.attempt() == 1) {
      workflow.start(task.id());
    } else {
      workflow.redrive(task.id(), task.attempt());
    }
    Optional<Task> now = tasks.find(task.id());
    if (now.isPresent() && !now.get().status().isWorkedFor()) {
      if (now.get().status() != TaskStatus.COMPLETED) {
        workflow.stop(task.id(), "the task has ended");
      }
      if (now.get().status().isAtRest()) {
        release(now.get());
      }
    }
  }

  /**
   * Sees to it that a task which was accepted before runs or waits, as whoever accepted it may have
   * died on the way.
   */
  void resume(Task task) {
    if (task.status() != TaskStatus.ACTIVE) {
      return;
    }
    if (!limits.isLimited() || store.holders(task.request().kind()).containsKey(holder(task))) {
      store.dequeue(task);
      launch(task);
    } else {
      enqueue(task);
    }
  }

  /**
   * Gives back the slot of a task that has ended, unless it was retried meanwhile, and starts the
   * next one. May be called again.
   */
  void ended(Task task) {
    if (limits.isLimited()) {
      if (tasks.find(task.id()).map(now -> now.attempt() == task.attempt()).orElse(true)) {
        store.dequeue(task);
        store.release(task.request().kind(), holder(task));
      }
      startNext(task.request().kind());
    }
  }

  /** Starts tasks that wait, as long as there are slots. */
  public void startNext(TaskKind kind) {
    boolean more = true;
    while (more) {
      more = false;
      for (String id : store.queued(kind, AT_A_TIME)) {
        Optional<Task> task = tasks.find(id);
        if (task.isEmpty()) {
          continue;
        }
        if (task.get().status() == TaskStatus.ACTIVE) {
          if (!taken(task.get())) {
            return;
          }
          launchQueued(task.get());
        }
        // Last: if this process dies before, the next one starts it again, which does nothing.
        store.dequeue(task.get());
        more = true;
      }
    }
  }

  private void launchQueued(Task task) {
    try {
      launch(task);
    } catch (VmferryException e) {
      if (e.code() != ErrorCode.TASK_NOT_RETRYABLE) {
        throw e;
      }
      // It must not stop the line; the sweep removes it.
      LOG.warn("{} cannot be run again: {}", task.id(), e.getMessage());
      release(task);
    }
  }

  /**
   * Gives back the slots of tasks that have ended without doing so.
   *
   * @return whether there were any
   */
  public boolean heal(TaskKind kind) {
    boolean healed = false;
    for (Map.Entry<String, Instant> slot : store.holders(kind).entrySet()) {
      String holder = slot.getKey();
      Optional<Task> task =
          holder.startsWith(TOKEN)
              ? tasks.findByToken(kind, holder.substring(TOKEN.length()))
              : tasks.find(holder);
      boolean fresh = slot.getValue().plus(LONGEST_START).isAfter(clock.instant());
      if (!fresh && task.map(t -> t.status().isAtRest()).orElse(true)) {
        store.release(kind, holder);
        healed = true;
      }
    }
    return healed;
  }
}
