package io.vmferry.cli;

import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.Progress;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskError;
import io.vmferry.functions.task.TaskEvent;
import io.vmferry.functions.task.TaskStatus;
import io.vmferry.guest.Finding;
import java.io.PrintStream;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;

/** Prints tasks, and says with which code a command about one ends. */
final class TaskReport {
  private final CliEnvironment environment;

  TaskReport(CliEnvironment environment) {
    this.environment = environment;
  }

  /** Prints the results of a task that has ended, or its error; returns the exit code. */
  int ended(Task task, Progress progress, boolean json) {
    PrintStream out = environment.out();
    if (json) {
      out.println(TaskJson.text(TaskJson.of(task, progress)));
    } else if (task.status() == TaskStatus.COMPLETED) {
      task.imageId().ifPresent(id -> out.println("image     " + id));
      if (task.request().onlyReports()) {
        guest(task);
      } else {
        task.disks().forEach(disk -> out.println(snapshotLine(disk)));
        summary(task);
      }
    }
    out.flush();
    return exitCode(task);
  }

  /** Prints everything about a task. */
  void details(Task task, Progress progress, List<TaskEvent> events) {
    PrintStream out = environment.out();
    out.println("task      " + task.id());
    out.println(
        "status    %s: %s"
            .formatted(task.status().name().toLowerCase(Locale.ROOT), task.statusMessage()));
    out.println("progress  %d %%".formatted(progress.percent(task)));
    task.compute()
        .ifPresent(
            choice ->
                out.println("compute   %s: %s".formatted(choice.where().label(), choice.reason())));
    out.println("created   " + task.createdAt());
    out.println("updated   " + task.updatedAt());
    task.imageId().ifPresent(id -> out.println("image     " + id));
    task.disks().forEach(disk -> out.println(snapshotLine(disk)));
    guest(task);
    task.error()
        .ifPresent(
            error -> out.println("error     %s: %s".formatted(error.code(), error.message())));
    if (task.status() == TaskStatus.FAILED) {
      task.keptUntil().ifPresent(until -> out.println("kept      until " + until));
    }
    events.forEach(
        event ->
            out.println(
                "event     %s  %-7s  %s"
                    .formatted(
                        event.at().truncatedTo(ChronoUnit.MILLIS),
                        event.kind().name().toLowerCase(Locale.ROOT),
                        event.text())));
    out.flush();
  }

  /** Prints every change to the guest, and what was found in it. */
  private void guest(Task task) {
    task.guest()
        .ifPresent(
            report -> {
              PrintStream out = environment.out();
              report
                  .facts()
                  .ifPresent(facts -> out.println("system    " + GuestText.system(facts)));
              report.findings().forEach(finding -> out.println(GuestText.line(finding)));
              report
                  .changes()
                  .forEach(change -> out.println("change    " + GuestText.line(change)));
            });
  }

  /** Says on the standard error what became of the guest. */
  private void summary(Task task) {
    task.guest()
        .ifPresent(
            report -> {
              report
                  .facts()
                  .ifPresent(
                      facts ->
                          environment
                              .err()
                              .println(
                                  "%s: %d changes; 'vmferry task %s' lists them"
                                      .formatted(
                                          GuestText.system(facts),
                                          GuestText.count(report.changes()),
                                          task.id())));
              report.findings().stream()
                  .filter(finding -> finding.severity() != Finding.Severity.NOTE)
                  .forEach(finding -> environment.err().println(GuestText.line(finding)));
            });
  }

  /** Prints a failure that comes before there is a task, where JSON is wanted, and passes it on. */
  VmferryException withoutTask(VmferryException failure, boolean json) {
    if (json) {
      environment.out().println(TaskJson.text(TaskJson.of(failure)));
      environment.out().flush();
    }
    return failure;
  }

  /** 0 for a task that is done, else the code of its error, which is printed. */
  private int exitCode(Task task) {
    if (task.status() == TaskStatus.COMPLETED) {
      return ExitCode.OK;
    }
    if (task.error().isEmpty()) {
      environment.err().println("vmferry: task %s was cancelled".formatted(task.id()));
      return ExitCode.USER;
    }
    TaskError error = task.error().get();
    environment.err().println(Failures.line(error.code(), error.message()));
    environment.err().println("vmferry: task %s failed; %s".formatted(task.id(), left(task)));
    return ExitCode.of(error.code().category());
  }

  /** What is left of a task that failed. */
  private static String left(Task task) {
    return task.status() == TaskStatus.FAILED
        ? "what it has written is kept until %s: 'vmferry retry %s' goes on with it, 'vmferry cancel %s' removes it"
            .formatted(
                task.keptUntil().map(Instant::toString).orElse("it is removed"),
                task.id(),
                task.id())
        : "nothing of it is left";
  }

  private static String snapshotLine(Disk disk) {
    return "snapshot  %s  %s  %d GiB  %s"
        .formatted(
            disk.snapshotId().orElse("-"),
            disk.deviceName().orElse("-"),
            disk.volumeSizeGib(),
            disk.format().id());
  }
}
