package io.vmferry.functions.port;

import io.vmferry.functions.task.TaskEvent;
import java.util.List;

/** What happened to tasks. */
public interface EventStore {
  /** How many of a task's events are told. */
  int MOST = 50;

  /** Adds an event. A text is cut to 1,000 characters. */
  void add(String taskId, TaskEvent event);

  /** The last {@link #MOST} events of a task, the oldest first. */
  List<TaskEvent> last(String taskId);
}
