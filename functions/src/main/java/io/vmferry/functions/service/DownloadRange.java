package io.vmferry.functions.service;

import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.task.Effect;
import io.vmferry.functions.task.SourceLocation;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskStatus;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.function.LongConsumer;

/** Copies one range of a file on a web server into the work bucket. */
public final class DownloadRange {
  /** How often the task is looked at for a cancellation. */
  private static final Duration LOOK_EVERY = Duration.ofSeconds(2);

  /** How often a long copy tells how far it is. */
  private static final Duration TELL_EVERY = Duration.ofSeconds(10);

  private final TaskStore tasks;
  private final Downloads downloads;
  private final Clock clock;
  private final StepGuard guard;

  /** A service on these. */
  public DownloadRange(TaskStore tasks, Downloads downloads, Clock clock, Removal removal) {
    this.tasks = tasks;
    this.downloads = downloads;
    this.clock = clock;
    this.guard = new StepGuard(tasks, removal);
  }

  /**
   * Copies a range; copying it again does no harm.
   *
   * @throws VmferryException if the file has changed or the task has ended, which is looked for on
   *     the way
   * @throws IOException if the server or the connection fails
   */
  public void copy(Downloads.Range range) throws IOException {
    Task task = Running.find(tasks, range.taskId());
    // A part that was on its way when its upload was aborted can bring that back.
    guard.clearedUp(
        range.taskId(),
        () -> {
          downloads.copy(task, range, new Watch(task, range));
          return range;
        },
        Effect.Kind.UPLOAD);
  }

  /** Ends the copy for a task that has ended; tells how far a file is that is read as a whole. */
  private final class Watch implements LongConsumer {
    private final Task task;
    private final Downloads.Range range;
    private Instant nextLook = clock.instant().plus(LOOK_EVERY);
    private Instant nextTell = clock.instant().plus(TELL_EVERY);

    Watch(Task task, Downloads.Range range) {
      this.task = task;
      this.range = range;
    }

    @Override
    public void accept(long read) {
      Instant now = clock.instant();
      if (now.isBefore(nextLook)) {
        return;
      }
      nextLook = now.plus(LOOK_EVERY);
      if (range.ranges() || now.isBefore(nextTell)) {
        Running.check(tasks, task);
        return;
      }
      nextTell = now.plus(TELL_EVERY);
      String name =
          SourceLocation.parse(task.request().containers().get(range.container()).url()).fileName();
      long percent = read * 100 / Math.max(1, range.length());
      tasks.update(
          task.id(),
          t -> t.reached(TaskStatus.VALIDATED, "downloading %s: %d%%".formatted(name, percent)));
    }
  }
}
