package io.vmferry.cli;

import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.Progress;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskError;
import io.vmferry.functions.task.TaskStatus;
import io.vmferry.guest.Finding;
import java.io.PrintStream;
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
  void details(Task task, Progress progress) {
    PrintStream out = environment.out();
    out.println("task      " + task.id());
    out.println(
        "status    %s: %s"
            .formatted(task.status().name().toLowerCase(Locale.ROOT), task.statusMessage()));
    out.println("progress  %d %%".formatted(TaskJson.percent(task, progress)));
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
    environment.err().println("vmferry: task " + task.id() + " failed; nothing of it is left");
    return ExitCode.of(error.code().category());
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
