package io.vmferry.functions.fake;

import io.vmferry.functions.port.AnnouncementStore;
import io.vmferry.functions.task.Task;
import java.util.HashMap;
import java.util.Map;

/** Announcements in memory. */
public final class InMemoryAnnouncementStore implements AnnouncementStore {
  private final Map<String, Long> announced = new HashMap<>();

  @Override
  public long announced(String taskId) {
    return announced.getOrDefault(taskId, -1L);
  }

  @Override
  public void note(Task task) {
    announced.merge(task.id(), task.version(), Math::max);
  }
}
