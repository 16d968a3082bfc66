package io.vmferry.it;

import io.vmferry.disk.convert.ChunkPlanner;
import io.vmferry.functions.port.RemoteFiles;
import io.vmferry.functions.task.Compute;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.local.EmbeddedAws;
import io.vmferry.local.ecs.ContainerEngine;
import io.vmferry.local.edge.FaultInjector;
import io.vmferry.local.stack.EmbeddedStack;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;

/** The embedded AWS with vmferry's stack in this process, for what no command line reaches. */
final class DeployedStack implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofMinutes(10);

  /** Chunks as short as they can be: one for each 256 MiB that hold data. */
  private static final ChunkPlanner.Limits SHORT_CHUNKS = new ChunkPlanner.Limits(1, 256 << 20);

  private final EmbeddedAws aws;
  private final EmbeddedStack stack;
  private final Account account;

  private DeployedStack(EmbeddedAws aws, EmbeddedStack stack) {
    this.aws = aws;
    this.stack = stack;
    this.account = new Account(aws.endpoint());
  }

  /**
   * Starts it.
   *
   * @param faults what goes wrong in it
   * @param remoteFiles how it reads web servers
   */
  static DeployedStack start(Path state, FaultInjector faults, RemoteFiles remoteFiles) {
    return start(
        state, faults, remoteFiles, EmbeddedStack.Options.defaults(remoteFiles).containers());
  }

  /**
   * Starts it.
   *
   * @param faults what goes wrong in it
   * @param remoteFiles how it reads web servers
   * @param containers how its containers are run
   */
  static DeployedStack start(
      Path state, FaultInjector faults, RemoteFiles remoteFiles, ContainerEngine containers) {
    EmbeddedStack.Options defaults = EmbeddedStack.Options.defaults(remoteFiles);
    EmbeddedStack.Options options =
        new EmbeddedStack.Options(
            remoteFiles,
            defaults.guests(),
            defaults.workers(),
            defaults.mapConcurrency(),
            defaults.cacheMib(),
            SHORT_CHUNKS,
            defaults.clock(),
            containers,
            defaults.isolated());
    EmbeddedAws aws = EmbeddedAws.start(EmbeddedAws.Options.of(state).withFaults(faults));
    try {
      return new DeployedStack(
          aws, EmbeddedStack.deploy(aws, state.resolve("stepfunctions"), options));
    } catch (RuntimeException failure) {
      aws.close();
      throw failure;
    }
  }

  /** What is in it. */
  Account account() {
    return account;
  }

  /** Imports an image, and waits until the task has ended, well or not. */
  Task importing(String url) {
    return importing(url, GuestOptions.AS_IT_IS, Optional.empty());
  }

  /** Imports an image, and waits until the task has ended, well or not. */
  Task importing(String url, GuestOptions guest, Optional<Compute> compute) {
    return ended(start(url, guest, compute));
  }

  /** Starts the import of an image. */
  String start(String url, GuestOptions guest, Optional<Compute> compute) {
    return stack.startImport(
        new ImportRequest(
                TaskKind.IMPORT_IMAGE,
                List.of(DiskContainer.of(url)),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Map.of(),
                guest)
            .withCompute(compute));
  }

  /** Waits until a task has ended. */
  Task ended(String id) {
    if (!stack.awaitExecution(id, TIMEOUT)) {
      throw new AssertionError("the execution of %s still runs after %s".formatted(id, TIMEOUT));
    }
    return task(id);
  }

  /** Starts an import. */
  String start(String url) {
    return start(url, GuestOptions.AS_IT_IS, Optional.empty());
  }

  /** A task as it is now. */
  Task task(String id) {
    return stack.ports().tasks().find(id).orElseThrow();
  }

  /** Waits until nothing happens to a task any more. */
  Task awaitRest(String id) {
    long deadline = System.nanoTime() + TIMEOUT.toNanos();
    while (!task(id).status().isAtRest()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("%s is still %s".formatted(id, task(id).status()));
      }
      LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
    }
    stack.awaitExecution(id, TIMEOUT);
    return task(id);
  }

  /** The stack. */
  EmbeddedStack stack() {
    return stack;
  }

  /** Has every call of the embedded AWS told. */
  void observe(Runnable observer) {
    aws.observe((accessKeyId, service, operation) -> observer.run());
  }

  /** Cancels a task. */
  void cancel(String id) {
    stack.ports().workflow().stop(id, "by a test");
  }

  @Override
  public void close() {
    account.close();
    stack.close();
    aws.close();
  }
}
