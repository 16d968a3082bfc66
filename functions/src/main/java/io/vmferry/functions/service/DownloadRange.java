package io.vmferry.functions.service;

import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.task.Task;
import java.io.IOException;

/** Copies one range of a file on a web server into the work bucket. */
public final class DownloadRange {
  private final TaskStore tasks;
  private final Downloads downloads;

  /** A service on these. */
  public DownloadRange(TaskStore tasks, Downloads downloads) {
    this.tasks = tasks;
    this.downloads = downloads;
  }

  /**
   * Copies a range; copying it again does no harm.
   *
   * @throws VmferryException if the file has changed or the task has ended
   * @throws IOException if the server or the connection fails
   */
  public void copy(Downloads.Range range) throws IOException {
    Task task = Running.find(tasks, range.taskId());
    downloads.copy(task, range);
  }
}
