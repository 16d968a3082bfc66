package io.vmferry.functions.fake;

import io.vmferry.functions.port.EventStore;
import io.vmferry.functions.task.TaskEvent;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Events in memory. */
public final class InMemoryEventStore implements EventStore {
  private static final int LONGEST_TEXT = 1000;

  private final Map<String, List<TaskEvent>> events = new HashMap<>();
  private final Faults faults = new Faults();

  /** Failures of the operations {@code add}, {@code last}. */
  public Faults faults() {
    return faults;
  }

  @Override
  public synchronized void add(String taskId, TaskEvent event) {
    faults.check("add");
    String text = event.text();
    String kept = text.length() <= LONGEST_TEXT ? text : text.substring(0, LONGEST_TEXT - 1) + "…";
    events
        .computeIfAbsent(taskId, id -> new ArrayList<>())
        .add(new TaskEvent(event.at(), event.kind(), kept));
  }

  @Override
  public synchronized List<TaskEvent> last(String taskId) {
    faults.check("last");
    List<TaskEvent> all =
        events.getOrDefault(taskId, List.of()).stream()
            .sorted(Comparator.comparing(TaskEvent::at))
            .toList();
    return List.copyOf(all.subList(Math.max(0, all.size() - MOST), all.size()));
  }
}
