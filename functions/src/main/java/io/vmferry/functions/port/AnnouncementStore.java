package io.vmferry.functions.port;

import io.vmferry.functions.task.Task;

/** Up to which version of each task its changes have been announced. */
public interface AnnouncementStore {

  /** The last version that was announced; -1 if none was. */
  long announced(String taskId);

  /** Notes that a task was announced as it is in this version, unless a later one was. */
  void note(Task task);
}
