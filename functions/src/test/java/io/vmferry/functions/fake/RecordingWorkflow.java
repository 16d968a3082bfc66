package io.vmferry.functions.fake;

import io.vmferry.functions.port.Workflow;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Notes what is started and stopped. */
public final class RecordingWorkflow implements Workflow {
  private final Set<String> started = new LinkedHashSet<>();
  private final Map<String, String> stopped = new LinkedHashMap<>();
  private final Faults faults = new Faults();

  /** Failures of the operations {@code start}, {@code stop}. */
  public Faults faults() {
    return faults;
  }

  /** The tasks whose executions were started, each once, in order. */
  public synchronized List<String> started() {
    return List.copyOf(started);
  }

  /** The tasks whose executions were stopped, with the first reason. */
  public synchronized Map<String, String> stopped() {
    return Map.copyOf(stopped);
  }

  @Override
  public synchronized void start(String taskId) {
    faults.check("start");
    started.add(taskId);
  }

  @Override
  public synchronized boolean stop(String taskId, String reason) {
    faults.check("stop");
    stopped.putIfAbsent(taskId, reason);
    return started.contains(taskId);
  }
}
