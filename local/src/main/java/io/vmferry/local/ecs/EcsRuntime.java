package io.vmferry.local.ecs;

import java.io.BufferedReader;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One cluster whose tasks have one container each. What a container prints goes to this process's
 * log.
 */
public final class EcsRuntime implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EcsRuntime.class);
  private static final int LINES_KEPT = 40;
  private static final Duration KILL_GRACE = Duration.ofSeconds(10);

  private final String cluster;
  private final String arnPrefix;
  private final ContainerEngine engine;
  private final Map<String, TaskDefinition> definitions = new ConcurrentHashMap<>();
  private final Set<Process> running = ConcurrentHashMap.newKeySet();

  /**
   * A cluster without task definitions.
   *
   * @param cluster its name
   */
  public EcsRuntime(String region, String account, String cluster, ContainerEngine engine) {
    this.cluster = cluster;
    this.arnPrefix = "arn:aws:ecs:" + region + ":" + account + ":";
    this.engine = engine;
  }

  /** Makes a task definition known, as its first revision. */
  public void register(TaskDefinition definition) {
    definitions.put(definition.family(), definition);
  }

  /** The cluster's ARN. */
  public String clusterArn() {
    return arnPrefix + "cluster/" + cluster;
  }

  /** The ARN of a task definition's only revision. */
  public String definitionArn(TaskDefinition definition) {
    return arnPrefix + "task-definition/" + definition.family() + ":1";
  }

  /** The ARN of a task. */
  public String taskArn(String id) {
    return arnPrefix + "task/" + cluster + "/" + id;
  }

  /**
   * Runs a task to its end.
   *
   * @param container the container that command and environment are for; empty if they are empty
   * @param command the container's command
   * @param environment variables over those of the definition
   * @throws EcsException {@code ClusterNotFoundException}, {@code ClientException} or {@code
   *     InvalidParameterException} if there is no such cluster, definition or container
   * @throws InterruptedException if the thread is interrupted; the task is stopped then: it is told
   *     to end, and killed if it has not after the definition's time
   */
  public StoppedTask run(
      String clusterNameOrArn,
      String definitionNameOrArn,
      String container,
      List<String> command,
      Map<String, String> environment)
      throws EcsException, InterruptedException {
    if (!clusterNameOrArn.equals(cluster) && !clusterNameOrArn.equals(clusterArn())) {
      throw new EcsException("ClusterNotFoundException", "Cluster not found.");
    }
    TaskDefinition definition = find(definitionNameOrArn);
    if (!container.isEmpty() && !container.equals(definition.container())) {
      throw new EcsException(
          "InvalidParameterException",
          "Override for container named "
              + container
              + " is not a container in the TaskDefinition.");
    }
    Instant created = Instant.now();
    String id = UUID.randomUUID().toString().replace("-", "");
    Map<String, String> variables = new HashMap<>(definition.environment());
    variables.putAll(environment);
    ContainerRun run = new ContainerRun(id, command, variables, definition.memoryMib());
    Process process;
    try {
      process = engine.prepare(run).redirectErrorStream(true).start();
    } catch (IOException e) {
      String reason = "CannotStartContainerError: " + e.getMessage();
      return new StoppedTask(id, definition, OptionalInt.empty(), reason, created, Instant.now());
    }
    running.add(process);
    try {
      process.getOutputStream().close();
      Thread reader = Thread.ofVirtual().name("container " + id).start(() -> log(id, process));
      int exit = await(run, definition, process);
      reader.join();
      return new StoppedTask(
          id, definition, OptionalInt.of(exit), reason(exit), created, Instant.now());
    } catch (IOException e) {
      throw new IllegalStateException("cannot close the input of container " + id, e);
    } finally {
      running.remove(process);
    }
  }

  TaskDefinition find(String nameOrArn) throws EcsException {
    String name = nameOrArn;
    String prefix = arnPrefix + "task-definition/";
    if (name.startsWith(prefix)) {
      name = name.substring(prefix.length());
    }
    if (name.endsWith(":1")) {
      name = name.substring(0, name.length() - 2);
    }
    TaskDefinition definition = definitions.get(name);
    if (definition == null) {
      throw new EcsException("ClientException", "TaskDefinition not found.");
    }
    return definition;
  }

  private int await(ContainerRun run, TaskDefinition definition, Process process)
      throws InterruptedException {
    try {
      return process.waitFor();
    } catch (InterruptedException e) {
      stop(run, definition, process);
      throw e;
    }
  }

  /** What StopTask does: SIGTERM, and SIGKILL if that does not help in time. */
  private void stop(ContainerRun run, TaskDefinition definition, Process process) {
    LOG.info("stopping the container {}", run.id());
    process.destroy();
    try {
      if (!process.waitFor(definition.stopTimeout().toMillis(), TimeUnit.MILLISECONDS)) {
        LOG.warn("the container {} did not end when it was told to", run.id());
        engine.kill(run, process);
        process.waitFor(KILL_GRACE.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      engine.kill(run, process);
      Thread.currentThread().interrupt();
    }
  }

  private static void log(String id, Process process) {
    Deque<String> last = new ArrayDeque<>();
    try (BufferedReader lines = process.inputReader()) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        LOG.info("{}: {}", id, line);
        last.addLast(line);
        if (last.size() > LINES_KEPT) {
          last.removeFirst();
        }
      }
      if (process.waitFor() != 0) {
        LOG.warn(
            "container {} ended with {}:\n{}", id, process.exitValue(), String.join("\n", last));
      }
    } catch (IOException e) {
      LOG.debug("the output of container {} cannot be read", id, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static String reason(int exit) {
    return exit == 137 ? "OutOfMemoryError or killed from outside: SIGKILL" : "";
  }

  /** Kills what still runs. */
  @Override
  public void close() {
    running.forEach(Process::destroyForcibly);
  }
}
