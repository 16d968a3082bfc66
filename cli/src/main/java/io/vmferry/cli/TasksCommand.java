package io.vmferry.cli;

import io.vmferry.cli.backend.Backend;
import io.vmferry.cli.backend.ImportTasks;
import io.vmferry.functions.task.Task;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lists the import tasks. */
@Command(name = "tasks", sortOptions = false, description = "Lists the tasks, the newest first.")
final class TasksCommand implements Callable<Integer> {
  private final CliEnvironment environment;

  @Mixin private StateOption state = new StateOption();

  @Option(names = "--json", description = "Prints one JSON document.")
  private boolean json;

  TasksCommand(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    try (Backend backend = environment.backends().open(state.resolve(environment))) {
      ImportTasks tasks = backend.tasks();
      List<Task> all = tasks.list();
      PrintStream out = environment.out();
      if (json) {
        out.println(
            TaskJson.text(
                new TaskJson.TasksView(
                    all.stream()
                        .map(task -> TaskJson.of(task, tasks.progress(task.id())))
                        .toList())));
      } else {
        all.forEach(task -> out.println(line(task, tasks)));
      }
      out.flush();
      return ExitCode.OK;
    }
  }

  private static String line(Task task, ImportTasks tasks) {
    return "%-29s  %s  %-10s  %3d %%  %s"
        .formatted(
            task.id(),
            task.createdAt(),
            task.status().name().toLowerCase(Locale.ROOT),
            tasks.progress(task.id()).percent(task),
            task.imageId().orElse(task.statusMessage()));
  }
}
