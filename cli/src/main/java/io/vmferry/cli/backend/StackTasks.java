package io.vmferry.cli.backend;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.aws.AwsClients;
import io.vmferry.functions.aws.DynamoDbProgressStore;
import io.vmferry.functions.aws.DynamoDbTaskStore;
import io.vmferry.functions.aws.StepFunctionsWorkflow;
import io.vmferry.functions.handler.Config;
import io.vmferry.functions.handler.Failure;
import io.vmferry.functions.handler.TaskReference;
import io.vmferry.functions.port.ProgressStore;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.port.Workflow;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Progress;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.local.stack.EmbeddedStack;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.sfn.model.StateMachineListItem;

/** The tasks of a stack: started by its functions, read from its table. */
final class StackTasks implements ImportTasks {
  private static final int PAGE = 100;

  private final AwsClients clients;
  private final StackFunctions functions;
  private final TaskStore tasks;
  private final ProgressStore progress;
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
    if (task.isPresent() && task.get().status().isFinal()) {
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
  public Task cancel(String id) {
    Task task = find(id).orElseThrow(() -> unknown(id));
    if (task.status().isFinal()) {
      throw new VmferryException(
          ErrorCode.TASK_STATE_CONFLICT,
          "task %s is %s and cannot be cancelled".formatted(id, task.status()));
    }
    // The rule for executions that end without success cleans up.
    if (!new StepFunctionsWorkflow(clients::sfn, importArn()).stop(id, "cancelled by the user")) {
      // The task was accepted, but its execution never began: no rule will fire.
      functions.call("Cleanup", new Failure(id, Workflow.CANCELLED, null), Object.class);
    }
    return find(id).orElseThrow(() -> unknown(id));
  }

  @Override
  public void resume() {
    own.filter(EmbeddedSystem::resume)
        .ifPresent(
            resumed ->
                new AbandonedUploads(clients.s3(), EmbeddedStack.IMAGES_BUCKET)
                    .sweep(this::list, clock.instant()));
  }

  private String importArn() {
    return clients.sfn().listStateMachinesPaginator().stateMachines().stream()
        .filter(machine -> machine.name().equals(EmbeddedStack.IMPORT_STATE_MACHINE))
        .map(StateMachineListItem::stateMachineArn)
        .findFirst()
        .orElseThrow(
            () ->
                new VmferryException(
                    ErrorCode.INTERNAL,
                    "there is no state machine " + EmbeddedStack.IMPORT_STATE_MACHINE));
  }

  private static VmferryException unknown(String id) {
    return new VmferryException(ErrorCode.TASK_NOT_FOUND, "there is no task %s".formatted(id));
  }
}
