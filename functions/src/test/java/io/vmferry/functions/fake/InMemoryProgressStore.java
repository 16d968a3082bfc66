package io.vmferry.functions.fake;

import io.vmferry.functions.port.ProgressStore;
import io.vmferry.functions.task.Progress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Progress in memory. */
public final class InMemoryProgressStore implements ProgressStore {
  private final Map<Chunk, Progress> chunks = new ConcurrentHashMap<>();
  private final Faults faults = new Faults();

  private record Chunk(String taskId, String name) {}

  /** Failures of the operations {@code report}, {@code total}. */
  public Faults faults() {
    return faults;
  }

  @Override
  public void report(String taskId, String chunk, Progress progress) {
    faults.check("report");
    chunks.merge(new Chunk(taskId, chunk), progress, Progress::max);
  }

  @Override
  public Progress total(String taskId) {
    faults.check("total");
    return chunks.entrySet().stream()
        .filter(entry -> entry.getKey().taskId().equals(taskId))
        .map(Map.Entry::getValue)
        .reduce(Progress.NONE, Progress::plus);
  }
}
