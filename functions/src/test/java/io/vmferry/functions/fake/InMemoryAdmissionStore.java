package io.vmferry.functions.fake;

import io.vmferry.functions.port.AdmissionStore;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import java.time.Clock;
import java.time.Instant;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.TreeSet;

/** Slots and the line in memory. */
public final class InMemoryAdmissionStore implements AdmissionStore {
  private record Place(Instant created, String taskId) implements Comparable<Place> {
    @Override
    public int compareTo(Place other) {
      return Comparator.comparing(Place::created).thenComparing(Place::taskId).compare(this, other);
    }
  }

  private final Clock clock;
  private final Map<TaskKind, Map<String, Instant>> slots = new EnumMap<>(TaskKind.class);
  private final Map<TaskKind, NavigableSet<Place>> lines = new EnumMap<>(TaskKind.class);
  private final Faults faults = new Faults();

  /** Free slots, an empty line. */
  public InMemoryAdmissionStore(Clock clock) {
    this.clock = clock;
    for (TaskKind kind : TaskKind.values()) {
      slots.put(kind, new LinkedHashMap<>());
      lines.put(kind, new TreeSet<>());
    }
  }

  /** Failures of the operations {@code take}, {@code release}, {@code enqueue}, {@code dequeue}. */
  public Faults faults() {
    return faults;
  }

  private Map<String, Instant> slots(TaskKind kind) {
    return slots.getOrDefault(kind, new LinkedHashMap<>());
  }

  private NavigableSet<Place> line(TaskKind kind) {
    return lines.getOrDefault(kind, new TreeSet<>());
  }

  @Override
  public synchronized boolean take(TaskKind kind, String holder, int limit) {
    faults.check("take");
    if (!slots(kind).containsKey(holder) && slots(kind).size() >= limit) {
      return false;
    }
    slots(kind).putIfAbsent(holder, clock.instant());
    return true;
  }

  @Override
  public synchronized void release(TaskKind kind, String holder) {
    faults.check("release");
    slots(kind).remove(holder);
  }

  @Override
  public synchronized Map<String, Instant> holders(TaskKind kind) {
    return Map.copyOf(slots(kind));
  }

  private static Place place(Task task) {
    return new Place(task.createdAt(), task.id());
  }

  @Override
  public synchronized void enqueue(Task task) {
    faults.check("enqueue");
    line(task.request().kind()).add(place(task));
  }

  @Override
  public synchronized void dequeue(Task task) {
    faults.check("dequeue");
    line(task.request().kind()).remove(place(task));
  }

  @Override
  public synchronized List<String> queued(TaskKind kind, int most) {
    return line(kind).stream().limit(most).map(Place::taskId).toList();
  }
}
