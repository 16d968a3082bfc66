package io.vmferry.cli;

import io.vmferry.cli.backend.Backend;
import io.vmferry.cli.backend.ImportTasks;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.Progress;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskEvent;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Shows a task, or waits for its end. */
@Command(name = "task", sortOptions = false, description = "Shows a task.")
final class TaskCommand implements Callable<Integer> {
  private final CliEnvironment environment;

  @Mixin private StateOption state = new StateOption();

  @Parameters(paramLabel = "TASK", description = "The task's id.")
  private String id = "";

  @Option(
      names = "--wait",
      description = {
        "Shows its progress until it has ended, then its results. A task that was",
        "interrupted goes on meanwhile."
      })
  private boolean wait;

  @Option(names = "--json", description = "Prints one JSON document.")
  private boolean json;

  TaskCommand(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() throws InterruptedException {
    try (Backend backend = environment.backends().open(state.resolve(environment))) {
      ImportTasks tasks = backend.tasks();
      Task task = find(tasks, id);
      TaskReport report = new TaskReport(environment);
      if (wait) {
        tasks.resume();
        try (Interruption interruption = new Interruption(environment, backend, () -> {})) {
          interruption.task(id);
          task = new TaskFollower(tasks, environment.progress(), environment.ticker()).follow(id);
        }
        if (task.status().isFinal()) {
          task.request()
              .containers()
              .forEach(container -> backend.uploads().discard(container.url()));
        }
        return report.ended(task, tasks.progress(id), json);
      }
      Progress progress = tasks.progress(id);
      List<TaskEvent> events = tasks.events(id);
      if (json) {
        environment.out().println(TaskJson.text(TaskJson.of(task, progress, events)));
      } else {
        report.details(task, progress, events);
      }
      return ExitCode.OK;
    }
  }

  /** The task of an id. */
  static Task find(ImportTasks tasks, String id) {
    return tasks
        .find(id)
        .orElseThrow(
            () ->
                new VmferryException(
                    ErrorCode.TASK_NOT_FOUND, "there is no task %s".formatted(id)));
  }
}
