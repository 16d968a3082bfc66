package io.vmferry.cli;

import io.vmferry.cli.backend.Backend;
import io.vmferry.cli.backend.BackendFactory;
import io.vmferry.cli.backend.ImportTasks;
import io.vmferry.cli.backend.Inventory;
import io.vmferry.cli.backend.Uploads;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.fake.InMemoryObjectStore;
import io.vmferry.functions.fake.InMemorySnapshotReader;
import io.vmferry.functions.fake.InMemorySnapshotStore;
import io.vmferry.functions.port.ObjectReader;
import io.vmferry.functions.port.SnapshotReader;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Progress;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskEvent;
import io.vmferry.functions.task.TaskStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.function.LongConsumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A back end whose tasks take the course a test gives them: each look at a task is one step of it.
 */
final class FakeBackend implements Backend, BackendFactory, ImportTasks, Uploads {
  static final String TASK_ID = "import-ami-0123456789abcdef0";
  static final Instant CREATED = Instant.parse("2026-01-02T03:04:05Z");

  final List<Path> opened = new ArrayList<>();
  final List<ImportRequest> requests = new ArrayList<>();
  final Map<String, Long> uploads = new TreeMap<>();
  final List<String> discarded = new ArrayList<>();
  final Map<String, Task> tasks = new LinkedHashMap<>();
  final List<Inventory.Image> images = new ArrayList<>();
  final List<Inventory.Snapshot> snapshotList = new ArrayList<>();
  final InMemoryObjectStore objects = new InMemoryObjectStore();
  final InMemorySnapshotStore snapshotStore = new InMemorySnapshotStore();
  final List<TaskEvent> events = new ArrayList<>();
  Progress progress = Progress.NONE;
  @Nullable VmferryException startFailure;
  int closed;
  int resumed;
  private final Deque<UnaryOperator<Task>> course = new ArrayDeque<>();

  /** The next steps of whatever task is looked at. */
  @SafeVarargs
  final FakeBackend then(UnaryOperator<Task>... steps) {
    for (UnaryOperator<Task> step : steps) {
      course.addLast(step);
    }
    return this;
  }

  @Override
  public Backend open(Path state) {
    opened.add(state);
    return this;
  }

  @Override
  public Backend start(Path state, OptionalInt port) {
    throw new UnsupportedOperationException("no test runs 'local' on the fake");
  }

  @Override
  public ImportTasks tasks() {
    return this;
  }

  @Override
  public Uploads uploads() {
    return this;
  }

  @Override
  public SnapshotReader snapshots() {
    return new InMemorySnapshotReader(snapshotStore);
  }

  @Override
  public Inventory inventory() {
    return new Inventory() {
      @Override
      public List<Image> images() {
        return images;
      }

      @Override
      public List<Snapshot> snapshots() {
        return snapshotList;
      }
    };
  }

  @Override
  public URI endpoint() {
    return URI.create("http://127.0.0.1:4566");
  }

  @Override
  public void close() {
    closed++;
  }

  @Override
  public Task start(ImportRequest request) {
    if (startFailure != null) {
      throw startFailure;
    }
    requests.add(request);
    Task task = Task.accepted(TASK_ID, request, CREATED);
    tasks.put(task.id(), task);
    return task;
  }

  @Override
  public Optional<Task> find(String id) {
    Task task = tasks.get(id);
    if (task != null && !course.isEmpty()) {
      task = course.removeFirst().apply(task);
      tasks.put(id, task);
    }
    return Optional.ofNullable(task);
  }

  @Override
  public List<Task> list() {
    return List.copyOf(tasks.values()).reversed();
  }

  @Override
  public Progress progress(String id) {
    return progress;
  }

  @Override
  public Task cancel(String id) {
    Task task = tasks.get(id);
    if (task == null) {
      throw new VmferryException(ErrorCode.TASK_NOT_FOUND, "there is no task " + id);
    }
    Task cancelled = task.advanced(TaskStatus.DELETING, "cancelling");
    tasks.put(id, cancelled);
    return cancelled;
  }

  @Override
  public Task retry(String id) {
    Task task = tasks.get(id);
    if (task == null) {
      throw new VmferryException(ErrorCode.TASK_NOT_FOUND, "there is no task " + id);
    }
    Task retried = task.retried("pending", task.attempt() + 1);
    tasks.put(id, retried);
    return retried;
  }

  @Override
  public List<TaskEvent> events(String id) {
    return events;
  }

  @Override
  public void resume() {
    resumed++;
  }

  @Override
  public String upload(String folder, Path file, LongConsumer sent) {
    try {
      long size = Files.size(file);
      sent.accept(size / 2);
      sent.accept(size - size / 2);
      String url = "s3://uploads/%s/%s".formatted(folder, file.getFileName());
      uploads.put(url, size);
      return url;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public ObjectReader objects() {
    return objects;
  }

  @Override
  public void discard(String url) {
    if (uploads.remove(url) != null) {
      discarded.add(url);
    }
  }
}
