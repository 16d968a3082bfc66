package io.vmferry.it;

import io.vmferry.disk.convert.ChunkPlanner;
import io.vmferry.functions.aws.HttpsRemoteFiles;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Task;
import io.vmferry.local.EmbeddedAws;
import io.vmferry.local.edge.FaultInjector;
import io.vmferry.local.stack.EmbeddedStack;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/** The synthesized stacks on the embedded AWS of this process. */
final class EmbeddedTemplate implements DeployedSystem {
  /** What a machine differs in from AWS: here nobody waits for snapshots. */
  static final Map<String, String> OVERRIDES = Map.of("SnapshotPollSeconds", "1");

  private static final Duration TIMEOUT = Duration.ofSeconds(60);

  private final FaultInjector faults = new FaultInjector(1);
  private final HttpsRemoteFiles remoteFiles;
  private final EmbeddedAws aws;
  private final EmbeddedStack stack;
  private final Account account;
  private final boolean isolated;

  private EmbeddedTemplate(Path state, boolean isolated) throws IOException {
    this.isolated = isolated;
    remoteFiles = new HttpsRemoteFiles(address -> true, Set.of("http", "https"));
    EmbeddedStack.Options defaults = EmbeddedStack.Options.defaults(remoteFiles);
    EmbeddedStack.Options options =
        new EmbeddedStack.Options(
            remoteFiles,
            defaults.guests(),
            defaults.workers(),
            defaults.mapConcurrency(),
            defaults.cacheMib(),
            ChunkPlanner.Limits.DEFAULT,
            defaults.clock(),
            defaults.containers(),
            isolated
                ? Optional.of(Fixtures.ROOT.resolve("functions/target/vmferry-functions.zip"))
                : Optional.empty());
    aws = EmbeddedAws.start(EmbeddedAws.Options.of(state).withFaults(faults));
    EmbeddedStack deployed = null;
    try {
      deployed =
          EmbeddedStack.deploy(
              aws, state.resolve("stepfunctions"), Assembly.read(), OVERRIDES, options);
    } finally {
      if (deployed == null) {
        aws.close();
        remoteFiles.close();
      }
    }
    stack = deployed;
    account =
        new Account(
            aws.endpoint(),
            aws.endpoint(),
            Objects.requireNonNull(stack.deployment().outputs().get("VmferryStorage.ImagesBucket")),
            stack.config().workBucket());
  }

  /** With handlers in this process. */
  static EmbeddedTemplate inProcess(Path state) throws IOException {
    return new EmbeddedTemplate(state, false);
  }

  /** With each function in processes of its own. */
  static EmbeddedTemplate isolated(Path state) throws IOException {
    return new EmbeddedTemplate(state, true);
  }

  /** The stack. */
  EmbeddedStack stack() {
    return stack;
  }

  /** What it runs on. */
  EmbeddedAws aws() {
    return aws;
  }

  @Override
  public Account account() {
    return account;
  }

  @Override
  public FaultInjector faults() {
    return faults;
  }

  @Override
  public String start(ImportRequest request) {
    return stack.startImport(request);
  }

  @Override
  public void stop(String taskId) {
    if (!stack.ports().workflow().stop(taskId, "not wanted")) {
      throw new AssertionError("there is no execution of " + taskId);
    }
  }

  @Override
  public Task await(String taskId) {
    if (!stack.awaitExecution(taskId, TIMEOUT)) {
      throw new AssertionError("the execution of %s still runs".formatted(taskId));
    }
    long deadline = System.nanoTime() + TIMEOUT.toNanos();
    while (true) {
      Task task = stack.ports().tasks().find(taskId).orElseThrow();
      if (task.status().isFinal()) {
        return task;
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError(
            "%s stays %s; denied: %s".formatted(taskId, task.status(), stack.denials()));
      }
      LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
    }
  }

  @Override
  public boolean readsLocalServers() {
    return !isolated;
  }

  @Override
  public void close() {
    account.close();
    stack.close();
    aws.close();
    remoteFiles.close();
  }
}
