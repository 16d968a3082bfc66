package io.vmferry.functions.fake;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import java.time.Clock;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Tasks in memory. */
public final class InMemoryTaskStore implements TaskStore {
  private final Clock clock;
  private final Map<String, Task> tasks = new HashMap<>();
  private final Map<Token, Created> tokens = new HashMap<>();
  private final Faults faults = new Faults();

  private record Token(TaskKind kind, String value) {}

  private record Created(String id, ImportRequest request) {}

  /** An empty store that stamps changes with the clock's time. */
  public InMemoryTaskStore(Clock clock) {
    this.clock = clock;
  }

  /** Failures of the operations {@code create}, {@code find}, {@code update}, {@code list}. */
  public Faults faults() {
    return faults;
  }

  @Override
  public synchronized Task create(Task task) {
    faults.check("create");
    Optional<Token> token =
        task.request().clientToken().map(value -> new Token(task.request().kind(), value));
    Created earlier = token.map(tokens::get).orElse(null);
    if (earlier != null) {
      if (!earlier.request().equals(task.request())) {
        throw new VmferryException(
            ErrorCode.CLIENT_TOKEN_CONFLICT,
            "client token '%s' started task %s with another request"
                .formatted(task.request().clientToken().orElseThrow(), earlier.id()));
      }
      return get(earlier.id());
    }
    if (tasks.putIfAbsent(task.id(), task) != null) {
      throw new VmferryException(ErrorCode.INTERNAL, "there is a task %s".formatted(task.id()));
    }
    token.ifPresent(t -> tokens.put(t, new Created(task.id(), task.request())));
    return task;
  }

  @Override
  public synchronized Optional<Task> find(String id) {
    faults.check("find");
    return Optional.ofNullable(tasks.get(id));
  }

  @Override
  public synchronized Optional<Task> findByToken(TaskKind kind, String clientToken) {
    faults.check("find");
    return Optional.ofNullable(tokens.get(new Token(kind, clientToken)))
        .map(created -> get(created.id()));
  }

  @Override
  @SuppressWarnings("ReferenceEquality") // An equal task that is a new one is to be stored.
  public synchronized Task update(String id, UnaryOperator<Task> change) {
    faults.check("update");
    Task found = get(id);
    Task next = change.apply(found);
    if (next == found) {
      return found;
    }
    Task changed = next.nextVersion(clock.instant());
    Task stored = changed.status().isFinal() ? changed.withoutCredentials() : changed;
    tasks.put(id, stored);
    return stored;
  }

  private Task get(String id) {
    Task task = tasks.get(id);
    if (task == null) {
      throw new VmferryException(ErrorCode.TASK_NOT_FOUND, "there is no task '%s'".formatted(id));
    }
    return task;
  }

  @Override
  public synchronized Page list(TaskKind kind, int limit, @Nullable String after) {
    faults.check("list");
    if (limit < 1 || limit > 1000) {
      throw new VmferryException(
          ErrorCode.PARAMETER_INVALID, "limit %d is not from 1 to 1,000".formatted(limit));
    }
    if (after != null && !tasks.containsKey(after)) {
      throw new VmferryException(
          ErrorCode.PARAMETER_INVALID, "'%s' is not the place of a page".formatted(after));
    }
    List<Task> newestFirst =
        tasks.values().stream()
            .filter(task -> task.request().kind() == kind)
            .sorted(Comparator.comparing(Task::createdAt).thenComparing(Task::id).reversed())
            .toList();
    int from = after == null ? 0 : newestFirst.stream().map(Task::id).toList().indexOf(after) + 1;
    int to = Math.min(newestFirst.size(), from + limit);
    List<Task> page = List.copyOf(newestFirst.subList(from, to));
    return new Page(page, to < newestFirst.size() ? page.getLast().id() : null);
  }

  @Override
  public synchronized List<String> active(TaskKind kind) {
    return tasks.values().stream()
        .filter(task -> task.request().kind() == kind && !task.status().isFinal())
        .sorted(Comparator.comparing(Task::createdAt).thenComparing(Task::id))
        .map(Task::id)
        .toList();
  }
}
