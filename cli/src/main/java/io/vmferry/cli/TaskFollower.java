package io.vmferry.cli;

import io.vmferry.cli.backend.ImportTasks;
import io.vmferry.cli.progress.ProgressDisplay;
import io.vmferry.cli.progress.ProgressState;
import io.vmferry.cli.progress.RateMeter;
import io.vmferry.cli.progress.Ticker;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskStatus;
import java.time.Duration;
import java.util.Locale;

/** Watches a task until it ends. */
final class TaskFollower {
  private static final Duration INTERVAL = Duration.ofMillis(200);

  private final ImportTasks tasks;
  private final ProgressDisplay display;
  private final Ticker ticker;
  private final RateMeter rate = new RateMeter();

  TaskFollower(ImportTasks tasks, ProgressDisplay display, Ticker ticker) {
    this.tasks = tasks;
    this.display = display;
    this.ticker = ticker;
  }

  /**
   * Shows the task's progress until nothing happens to it by itself any more.
   *
   * @return the ended task, done or failed
   */
  Task follow(String id) throws InterruptedException {
    try {
      while (true) {
        Task task =
            tasks
                .find(id)
                .orElseThrow(
                    () ->
                        new VmferryException(
                            ErrorCode.TASK_NOT_FOUND, "there is no task %s".formatted(id)));
        if (task.status().isAtRest()) {
          return task;
        }
        display.show(state(task));
        ticker.pause(INTERVAL);
      }
    } finally {
      display.end();
    }
  }

  private ProgressState state(Task task) {
    String label = task.status().name().toLowerCase(Locale.ROOT);
    long total = task.disks().stream().mapToLong(Disk::plannedBytes).sum();
    if (task.status() != TaskStatus.CONVERTING) {
      return ProgressState.of(label);
    }
    long done = tasks.progress(task.id()).doneBytes();
    if (done >= total && task.request().opensGuest()) {
      // Only the guest is waited for: the bar would stand still at its end.
      return ProgressState.of(task.statusMessage());
    }
    if (total == 0) {
      return ProgressState.of(label);
    }
    rate.add(ticker.nanos(), done);
    return new ProgressState(label, done, total, rate.bytesPerSecond());
  }
}
