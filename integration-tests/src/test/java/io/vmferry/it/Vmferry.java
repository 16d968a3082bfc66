package io.vmferry.it;

import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.functions.json.Json;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * {@code ./vmferry} in processes of its own, on one state directory.
 *
 * @param state the state directory
 * @param javaOptions further options of its JVM
 * @param variables further variables of its environment
 */
record Vmferry(Path state, String javaOptions, Map<String, String> variables) {
  /** The exit code for what the user must change. */
  static final int USER = 3;

  private static final Duration TIMEOUT = Duration.ofMinutes(10);

  /** On a state directory, with further options of the JVM. */
  Vmferry(Path state, String javaOptions) {
    this(state, javaOptions, Map.of());
  }

  /** On a state directory, with the JVM's options as they are delivered. */
  static Vmferry on(Path state) {
    return new Vmferry(state, "");
  }

  /** Runs a command to its end. */
  Result run(String... arguments) throws IOException {
    try (Running running = start(arguments)) {
      return running.await(TIMEOUT);
    }
  }

  /**
   * Imports without changing the guest, and expects success.
   *
   * @return what {@code import --json} prints
   */
  JsonNode imported(String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of("import", "--no-modify-os", "--json"));
    all.addAll(List.of(arguments));
    return run(all.toArray(String[]::new)).successful().json();
  }

  /**
   * Imports, changes the guest so that it boots on EC2, and expects success.
   *
   * @return what {@code import --json} prints
   */
  JsonNode importedAndModified(String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of("import", "--json"));
    all.addAll(List.of(arguments));
    return run(all.toArray(String[]::new)).successful().json();
  }

  /** Starts a command. */
  Running start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Fixtures.ROOT.resolve("vmferry").toString());
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectInput(Path.of("/dev/null").toFile());
    builder.environment().put("VMFERRY_STATE", state.toString());
    builder.environment().put("VMFERRY_JAVA_OPTS", javaOptions);
    builder.environment().putAll(variables);
    return new Running(command, builder.start());
  }

  /** A command under way. The launcher becomes the JVM, so that a signal reaches that. */
  static final class Running implements AutoCloseable {
    private final List<String> command;
    private final Process process;
    private final Captured out;
    private final Captured err;

    private Running(List<String> command, Process process) {
      this.command = command;
      this.process = process;
      this.out = Captured.of(process.getInputStream());
      this.err = Captured.of(process.getErrorStream());
    }

    /** What it prints as result. */
    Captured out() {
      return out;
    }

    /** What else it prints. */
    Captured err() {
      return err;
    }

    /** Waits for its end. */
    Result await(Duration timeout) throws IOException {
      try {
        if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
          throw new AssertionError(
              "%s did not end in %s:\n%s".formatted(command, timeout, err.soFar()));
        }
        return new Result(command, process.exitValue(), out.whole(), err.whole());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted while waiting for " + command, e);
      }
    }

    /** The processes it has started. */
    Stream<ProcessHandle> descendants() {
      return process.descendants();
    }

    /** Ends it as {@code kill} does. */
    Result terminate() throws IOException {
      process.destroy();
      return await(Duration.ofMinutes(2));
    }

    /** Ends it at once, as a power failure does. */
    Result kill() throws IOException {
      process.destroyForcibly();
      return await(Duration.ofMinutes(1));
    }

    /** Ends it if it still runs: with a chance to close its files, but not with any time for it. */
    @Override
    public void close() {
      process.destroy();
      try {
        if (!process.waitFor(30, TimeUnit.SECONDS)) {
          process.destroyForcibly();
        }
      } catch (InterruptedException e) {
        process.destroyForcibly();
        Thread.currentThread().interrupt();
      }
    }
  }

  /**
   * A command that has ended.
   *
   * @param command what was run
   * @param exitCode its exit code
   * @param out what it printed as result
   * @param err what else it printed
   */
  record Result(List<String> command, int exitCode, String out, String err) {

    /** The same, if the command was successful. */
    Result successful() {
      if (exitCode != 0) {
        throw new AssertionError("%s ended with %d:\n%s".formatted(command, exitCode, err));
      }
      return this;
    }

    /** The one JSON document it printed. */
    JsonNode json() throws IOException {
      return Json.mapper().readTree(out);
    }
  }
}
