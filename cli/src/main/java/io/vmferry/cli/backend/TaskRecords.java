package io.vmferry.cli.backend;

import io.vmferry.functions.task.Progress;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskEvent;
import java.util.List;
import java.util.Optional;

/** What is written down of tasks. */
public interface TaskRecords {

  /** The task of that id, as it is now. */
  Optional<Task> find(String id);

  /** Every task, the newest first. */
  List<Task> list();

  /** How far a task is. */
  Progress progress(String id);

  /** The last events of a task, the oldest first. */
  List<TaskEvent> events(String id);
}
