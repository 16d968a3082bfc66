package io.vmferry.functions.fake;

import io.vmferry.functions.port.Workflow;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Notes what is started and stopped. */
public final class RecordingWorkflow implements Workflow {
  private final Set<String> started = new LinkedHashSet<>();
  private final Set<String> redriven = new LinkedHashSet<>();
  private final Set<String> running = new LinkedHashSet<>();
  private final Map<String, String> stopped = new LinkedHashMap<>();
  private final Map<String, Integer> others = new HashMap<>();
  private final Faults faults = new Faults();

  /** Failures of the operations {@code start}, {@code redrive}, {@code stop}. */
  public Faults faults() {
    return faults;
  }

  /** The tasks whose executions were started, each once, in order. */
  public synchronized List<String> started() {
    return List.copyOf(started);
  }

  /** The executions that were run again, as {@code task#attempt}, each once, in order. */
  public synchronized List<String> redriven() {
    return List.copyOf(redriven);
  }

  /** The tasks whose executions were stopped, with the first reason. */
  public synchronized Map<String, String> stopped() {
    return Map.copyOf(stopped);
  }

  /** Makes it as if a task's execution had never been started. */
  public synchronized void forget(String taskId) {
    started.remove(taskId);
    running.remove(taskId);
  }

  /** Ends a task's execution by itself. */
  public synchronized void ended(String taskId) {
    running.remove(taskId);
  }

  /** Counts a run that somebody else has begun, and that has ended. */
  public synchronized void ranAgain(String taskId) {
    others.merge(taskId, 1, Integer::sum);
  }

  @Override
  public synchronized int runs(String taskId) {
    long redrives = redriven.stream().filter(run -> run.startsWith(taskId + "#")).count();
    return started.contains(taskId) ? 1 + (int) redrives + others.getOrDefault(taskId, 0) : 0;
  }

  @Override
  public synchronized void start(String taskId) {
    faults.check("start");
    if (started.add(taskId)) {
      running.add(taskId);
    }
  }

  @Override
  public synchronized void redrive(String taskId, int attempt) {
    faults.check("redrive");
    if (redriven.add(taskId + "#" + attempt)) {
      running.add(taskId);
    }
  }

  @Override
  public synchronized boolean stop(String taskId, String reason) {
    faults.check("stop");
    stopped.putIfAbsent(taskId, reason);
    return running.remove(taskId);
  }

  @Override
  public synchronized State state(String taskId) {
    if (running.contains(taskId)) {
      return State.RUNNING;
    }
    return started.contains(taskId) ? State.ENDED : State.NONE;
  }
}
