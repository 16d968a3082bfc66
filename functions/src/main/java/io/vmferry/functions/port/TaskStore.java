package io.vmferry.functions.port;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Where tasks are kept. Every method is atomic; changes of one task are serialised. */
public interface TaskStore {

  /**
   * Stores a new task. Where its request has a client token that a task of the same kind was
   * created with before, that task is returned instead, even if both calls are made at once.
   *
   * @return the task created, or the earlier one of that token
   * @throws VmferryException {@link ErrorCode#CLIENT_TOKEN_CONFLICT} if the earlier task's request
   *     differs
   */
  Task create(Task task);

  /** The task of that id, as it is now. */
  Optional<Task> find(String id);

  /** The task that a client token has started, as long as that is known. */
  Optional<Task> findByToken(TaskKind kind, String clientToken);

  /**
   * Changes a task: reads it, applies {@code change} and stores the result, again from the start if
   * someone else changed it in between. What {@code change} throws is thrown, and nothing is stored
   * then.
   *
   * @param change without side effects; may be called several times. Where it returns the very task
   *     it was given, nothing is stored
   * @return the task as stored, with its next version if it was changed
   * @throws VmferryException {@link ErrorCode#TASK_NOT_FOUND}
   */
  Task update(String id, UnaryOperator<Task> change);

  /**
   * Tasks of a kind, the newest first.
   *
   * @param limit the most to return, 1 to 1,000
   * @param after the {@link Page#next()} of the page before; null for the first
   */
  Page list(TaskKind kind, int limit, @Nullable String after);

  /**
   * The ids of the tasks of a kind that are not final, the oldest first. May lag behind changes by
   * moments.
   */
  List<String> active(TaskKind kind);

  /**
   * A page of a listing.
   *
   * @param tasks the tasks
   * @param next the place the next page starts from; null if this is the last one
   */
  record Page(List<Task> tasks, @Nullable String next) {}
}
