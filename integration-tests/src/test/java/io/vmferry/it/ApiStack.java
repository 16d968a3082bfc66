package io.vmferry.it;

import io.vmferry.functions.aws.HttpsRemoteFiles;
import io.vmferry.functions.fake.FakeConversion;
import io.vmferry.functions.task.Task;
import io.vmferry.local.EmbeddedAws;
import io.vmferry.local.edge.FaultInjector;
import io.vmferry.local.stack.EmbeddedStack;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;

/**
 * The embedded AWS with vmferry's stack in this process, reached over its port. Guests are not
 * opened: what is done to them has tests of its own, and takes a minute each time.
 */
final class ApiStack implements AutoCloseable {
  private static final Duration TIMEOUT = Duration.ofMinutes(5);

  private final EmbeddedAws aws;
  private final EmbeddedStack stack;
  private final FakeConversion guests;
  private final FaultInjector faults;
  private final Account account;

  private ApiStack(
      EmbeddedAws aws, EmbeddedStack stack, FakeConversion guests, FaultInjector faults) {
    this.aws = aws;
    this.stack = stack;
    this.guests = guests;
    this.faults = faults;
    this.account = new Account(aws.endpoint());
  }

  static ApiStack start(Path state) {
    FakeConversion guests = new FakeConversion();
    FaultInjector faults = new FaultInjector(7);
    EmbeddedAws aws = EmbeddedAws.start(EmbeddedAws.Options.of(state).withFaults(faults));
    try {
      EmbeddedStack.Options defaults = EmbeddedStack.Options.defaults(new HttpsRemoteFiles());
      EmbeddedStack stack =
          EmbeddedStack.deploy(
              aws,
              state.resolve("stepfunctions"),
              new EmbeddedStack.Options(
                  defaults.remoteFiles(),
                  guests,
                  defaults.workers(),
                  defaults.mapConcurrency(),
                  defaults.cacheMib(),
                  defaults.chunkLimits(),
                  defaults.clock()));
      return new ApiStack(aws, stack, guests, faults);
    } catch (RuntimeException failure) {
      aws.close();
      throw failure;
    }
  }

  URI endpoint() {
    return aws.endpoint();
  }

  Account account() {
    return account;
  }

  EmbeddedStack stack() {
    return stack;
  }

  FakeConversion guests() {
    return guests;
  }

  FaultInjector faults() {
    return faults;
  }

  /** Waits until a task has ended, and its execution with it. */
  Task ended(String taskId) {
    long deadline = System.nanoTime() + TIMEOUT.toNanos();
    while (true) {
      Task task = stack.ports().tasks().find(taskId).orElseThrow();
      if (task.status().isFinal()) {
        stack.awaitExecution(taskId, TIMEOUT);
        return task;
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError("%s is %s after %s".formatted(taskId, task.status(), TIMEOUT));
      }
      LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
    }
  }

  @Override
  public void close() {
    account.close();
    stack.close();
    aws.close();
  }
}
