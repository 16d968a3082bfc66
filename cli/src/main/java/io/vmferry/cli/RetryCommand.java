package io.vmferry.cli;

import io.vmferry.cli.backend.Backend;
import io.vmferry.cli.backend.ImportTasks;
import io.vmferry.functions.task.Task;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lets a failed task go on. */
@Command(
    name = "retry",
    sortOptions = false,
    description = {
      "Lets a failed task go on from what it had written, and waits for its end. The source",
      "has to be what it was."
    })
final class RetryCommand implements Callable<Integer> {
  private final CliEnvironment environment;

  @Mixin private StateOption state = new StateOption();

  @Parameters(paramLabel = "TASK", description = "The task's id.")
  private String id = "";

  @Option(names = "--json", description = "Prints one JSON document.")
  private boolean json;

  RetryCommand(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() throws InterruptedException {
    try (Backend backend = environment.backends().open(state.resolve(environment))) {
      ImportTasks tasks = backend.tasks();
      TaskCommand.find(tasks, id);
      tasks.resume();
      tasks.retry(id);
      Task task;
      try (Interruption interruption = new Interruption(environment, backend, () -> {})) {
        interruption.task(id);
        task = new TaskFollower(tasks, environment.progress(), environment.ticker()).follow(id);
      }
      if (task.status().isFinal()) {
        task.request()
            .containers()
            .forEach(container -> backend.uploads().discard(container.url()));
      }
      return new TaskReport(environment).ended(task, tasks.progress(id), json);
    }
  }
}
