package io.vmferry.cli;

import io.vmferry.cli.backend.Backend;
import io.vmferry.cli.backend.ImportTasks;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskStatus;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Cancels a task. */
@Command(
    name = "cancel",
    sortOptions = false,
    description = "Cancels a task, and waits until nothing of it is left.")
final class CancelCommand implements Callable<Integer> {
  private final CliEnvironment environment;

  @Mixin private StateOption state = new StateOption();

  @Parameters(paramLabel = "TASK", description = "The task's id.")
  private String id = "";

  CancelCommand(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() throws InterruptedException {
    Task ended;
    try {
      ended = cancelled();
    } catch (VmferryException e) {
      if (e.code() != ErrorCode.SERVICE_UNAVAILABLE) {
        throw e;
      }
      // The process whose AWS it was has ended, as an import does whose task is cancelled.
      ended = cancelled();
    }
    environment
        .out()
        .println(
            "%s %s".formatted(id, ended.status() == TaskStatus.DELETED ? "deleted" : "completed"));
    environment.out().flush();
    return ended.status() == TaskStatus.DELETED ? ExitCode.OK : ExitCode.USER;
  }

  private Task cancelled() throws InterruptedException {
    try (Backend backend = environment.backends().open(state.resolve(environment))) {
      ImportTasks tasks = backend.tasks();
      tasks.cancel(TaskCommand.find(tasks, id).id());
      return new TaskFollower(tasks, environment.progress(), environment.ticker()).follow(id);
    }
  }
}
