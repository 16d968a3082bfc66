package io.vmferry.functions.service;

import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.EffectStore;
import io.vmferry.functions.port.EventStore;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.task.Effect;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskEvent;
import io.vmferry.functions.task.TaskKind;
import java.time.Clock;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes down what happens to tasks. That an event cannot be written is no reason for a task to
 * fail.
 */
public final class TaskLog {
  private static final Logger LOG = LoggerFactory.getLogger(TaskLog.class);

  private final EventStore events;
  private final Clock clock;

  /** A log in a store. */
  public TaskLog(EventStore events, Clock clock) {
    this.events = events;
    this.clock = clock;
  }

  /** Adds an event. */
  public void add(String taskId, TaskEvent.Kind kind, String text) {
    try {
      events.add(taskId, new TaskEvent(clock.instant(), kind, text));
    } catch (VmferryException e) {
      LOG.warn("An event of {} is not written down ({}): {}", taskId, text, e.getMessage());
    }
  }

  /** An effect as people read it. */
  static String text(Effect effect) {
    return effect.kind().name().toLowerCase(Locale.ROOT) + " " + effect.id();
  }

  /** The tasks, whose changes of state are written down. */
  public TaskStore on(TaskStore tasks) {
    return new LoggedTasks(tasks);
  }

  /** The effects, which are written down as they are made. */
  public EffectStore on(EffectStore effects) {
    return new LoggedEffects(effects);
  }

  private static String text(Task task) {
    return "%s: %s".formatted(task.status().name().toLowerCase(Locale.ROOT), task.statusMessage());
  }

  private final class LoggedTasks implements TaskStore {
    private final TaskStore tasks;

    LoggedTasks(TaskStore tasks) {
      this.tasks = tasks;
    }

    @Override
    public Task create(Task task) {
      Task created = tasks.create(task);
      if (created.id().equals(task.id())) {
        add(task.id(), TaskEvent.Kind.REQUEST, "accepted");
      }
      return created;
    }

    @Override
    public Task update(String id, UnaryOperator<Task> change) {
      @Nullable Task[] before = new Task[1];
      Task after =
          tasks.update(
              id,
              task -> {
                before[0] = task;
                return change.apply(task);
              });
      if (!text(after).equals(text(Objects.requireNonNull(before[0])))) {
        add(id, TaskEvent.Kind.STATE, text(after));
      }
      return after;
    }

    @Override
    public Optional<Task> find(String id) {
      return tasks.find(id);
    }

    @Override
    public Optional<Task> findByToken(TaskKind kind, String clientToken) {
      return tasks.findByToken(kind, clientToken);
    }

    @Override
    public Page list(TaskKind kind, int limit, @Nullable String after) {
      return tasks.list(kind, limit, after);
    }

    @Override
    public List<String> active(TaskKind kind) {
      return tasks.active(kind);
    }
  }

  private final class LoggedEffects implements EffectStore {
    private final EffectStore effects;

    LoggedEffects(EffectStore effects) {
      this.effects = effects;
    }

    @Override
    public void record(String taskId, Effect effect) {
      effects.record(taskId, effect);
      // The prefix of a task's objects is noted before there are any.
      if (effect.kind() != Effect.Kind.OBJECT) {
        add(taskId, TaskEvent.Kind.MADE, text(effect));
      }
    }

    @Override
    public List<Effect> list(String taskId) {
      return effects.list(taskId);
    }

    @Override
    public void forget(String taskId, Effect effect) {
      effects.forget(taskId, effect);
    }
  }
}
