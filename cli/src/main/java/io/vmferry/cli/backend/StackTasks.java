package io.vmferry.cli.backend;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.aws.AwsClients;
import io.vmferry.functions.aws.DynamoDbEventStore;
import io.vmferry.functions.aws.DynamoDbProgressStore;
import io.vmferry.functions.aws.DynamoDbTaskStore;
import io.vmferry.functions.handler.Config;
import io.vmferry.functions.handler.TaskReference;
import io.vmferry.functions.port.EventStore;
import io.vmferry.functions.port.ProgressStore;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Progress;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskEvent;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.local.stack.EmbeddedStack;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The tasks of a stack: started by its functions, read from its table. */
final class StackTasks implements ImportTasks {
  private static final int PAGE = 100;

  private final AwsClients clients;
  private final StackFunctions functions;
  private final TaskStore tasks;
  private final ProgressStore progress;
  private final EventStore events;
  private final Optional<EmbeddedSystem> own;
  private final Clock clock = Clock.systemUTC();

  StackTasks(AwsClients clients, StackFunctions functions, Optional<EmbeddedSystem> own) {
    this.own = own;
    this.clients = clients;
    this.functions = functions;
    // Tasks are only read here; the retention concerns those who write.
    this.tasks =
        new DynamoDbTaskStore(
            clients::dynamoDb, EmbeddedStack.TABLE, Config.DEFAULT_RETENTION, clock);
    this.events =
        new DynamoDbEventStore(clients::dynamoDb, EmbeddedStack.TABLE, Config.DEFAULT_RETENTION);
    this.progress = new DynamoDbProgressStore(clients::dynamoDb, EmbeddedStack.TABLE, clock);
  }

  @Override
  public Task start(ImportRequest request) {
    String id = functions.call("StartImport", request, TaskReference.class).taskId();
    return find(id).orElseThrow(() -> unknown(id));
  }

  @Override
  public Optional<Task> find(String id) {
    Optional<Task> task = tasks.find(id);
    if (task.isPresent() && task.get().status().isAtRest()) {
      own.ifPresent(system -> system.settle(id));
    }
    return task;
  }

  @Override
  public List<Task> list() {
    List<Task> all = new ArrayList<>();
    for (TaskKind kind : TaskKind.values()) {
      @Nullable String after = null;
      do {
        TaskStore.Page page = tasks.list(kind, PAGE, after);
        all.addAll(page.tasks());
        after = page.next();
      } while (after != null);
    }
    all.sort(Comparator.comparing(Task::createdAt).reversed());
    return all;
  }

  @Override
  public Progress progress(String id) {
    return progress.total(id);
  }

  @Override
  public List<TaskEvent> events(String id) {
    return events.last(id);
  }

  @Override
  public Task cancel(String id) {
    return asked("CancelTask", id);
  }

  @Override
  public Task retry(String id) {
    return asked("RetryTask", id);
  }

  private Task asked(String function, String id) {
    functions.call(function, new TaskReference(id), TaskReference.class);
    return tasks.find(id).orElseThrow(() -> unknown(id));
  }

  @Override
  public void resume() {
    own.filter(EmbeddedSystem::resume)
        .ifPresent(
            resumed ->
                new AbandonedUploads(clients.s3(), EmbeddedStack.IMAGES_BUCKET)
                    .sweep(this::list, clock.instant()));
  }

  private static VmferryException unknown(String id) {
    return new VmferryException(ErrorCode.TASK_NOT_FOUND, "there is no task %s".formatted(id));
  }
}
