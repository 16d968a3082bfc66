package io.vmferry.local.isolated;

import com.amazonaws.services.lambda.runtime.LambdaLogger;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One process that runs a function, one event at a time. */
final class Sandbox implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Sandbox.class);
  private static final Duration KILL = Duration.ofSeconds(10);
  private static final Duration POLITE = Duration.ofSeconds(2);

  private final RuntimeApi api;
  private final Process process;
  private final CompletableFuture<Integer> exit;
  private final Thread output;
  private volatile @Nullable LambdaLogger log;

  private Sandbox(RuntimeApi api, Process process, String name) {
    this.api = api;
    this.process = process;
    this.exit = process.onExit().thenApply(Process::exitValue);
    this.output = Thread.ofVirtual().name("output of " + name).start(this::copyOutput);
  }

  /**
   * Starts a process.
   *
   * @param command the command
   * @param directory where it runs
   * @param environment all the variables it has besides the Runtime API's address
   */
  static Sandbox start(
      String name, List<String> command, Path directory, Map<String, String> environment)
      throws IOException {
    RuntimeApi api = new RuntimeApi();
    try {
      ProcessBuilder builder =
          new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
      builder.environment().clear();
      builder.environment().putAll(environment);
      builder.environment().put("AWS_LAMBDA_RUNTIME_API", api.address());
      Process process = builder.start();
      process.getOutputStream().close();
      return new Sandbox(api, process, name);
    } catch (IOException e) {
      api.close();
      throw e;
    }
  }

  private void copyOutput() {
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        LambdaLogger current = log;
        if (current == null) {
          LOG.info("{}: {}", process.pid(), line);
        } else {
          current.log(line);
        }
      }
    } catch (IOException | UncheckedIOException e) {
      LOG.debug("The output of {} has ended", process.pid(), e);
    }
  }

  /** Is done when it has started, or has ended before it could. */
  CompletableFuture<Void> started() {
    return CompletableFuture.anyOf(api.ready(), exit).thenApply(ignored -> null);
  }

  /**
   * Gives it an event, and waits for what comes of it.
   *
   * @throws InterruptedException if the caller is interrupted; the process is of no use then
   */
  Outcome invoke(RuntimeApi.Event event, LambdaLogger logger) throws InterruptedException {
    log = logger;
    Thread giver =
        Thread.ofVirtual()
            .name("event " + event.requestId())
            .start(
                () -> {
                  try {
                    api.put(event);
                  } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                  }
                });
    try {
      Object first = CompletableFuture.anyOf(event.answer(), exit).get();
      return switch (first) {
        case RuntimeApi.Answer answer -> new Outcome.Answered(answer);
        case Integer status -> ended(event, status);
        default -> throw new IllegalStateException("an answer or an end, not " + first);
      };
    } catch (ExecutionException e) {
      throw new IllegalStateException("neither fails", e);
    } finally {
      giver.interrupt();
      log = null;
    }
  }

  /** It may have answered, or told why it does not start, before it ended. */
  private Outcome ended(RuntimeApi.Event event, int status) throws InterruptedException {
    output.join(KILL);
    RuntimeApi.Answer answer = event.answer().getNow(null);
    if (answer != null) {
      return new Outcome.Answered(answer);
    }
    ByteBuffer told = api.initError().getNow(null);
    return told == null ? new Outcome.Exited(status) : new Outcome.NotStarted(told);
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Ends it: politely first, so that Docker's command takes its container with it. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(POLITE.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
      }
      exit.get(KILL.toMillis(), TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException | TimeoutException e) {
      LOG.warn("process {} does not end", process.pid());
    }
    api.close();
  }

  /** How an event ended. */
  sealed interface Outcome {
    /** The function answered, or failed in a way its runtime tells of. */
    record Answered(RuntimeApi.Answer answer) implements Outcome {}

    /** The process ended. */
    record Exited(int status) implements Outcome {}

    /** The handler could not be made, for a reason that the runtime tells. */
    record NotStarted(ByteBuffer error) implements Outcome {}
  }
}
