package io.vmferry.cli;

import io.vmferry.cli.backend.BackendFactory;
import io.vmferry.cli.backend.MachineAccess;
import io.vmferry.cli.boot.HostPrograms;
import io.vmferry.cli.progress.ProgressDisplay;
import io.vmferry.cli.progress.Ticker;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What surrounds a command.
 *
 * @param out for results
 * @param err for progress and errors
 * @param columns the width of the terminal that {@code err} goes to; empty if it goes to none
 * @param variables the process's environment
 * @param backends reaches the system that does the work; not touched by help and usage errors
 * @param ticker time
 * @param machines looks into machines
 */
public record CliEnvironment(
    PrintStream out,
    PrintStream err,
    OptionalInt columns,
    Map<String, String> variables,
    BackendFactory backends,
    Ticker ticker,
    MachineAccess machines) {

  /** A display for work that goes on. */
  ProgressDisplay progress() {
    return ProgressDisplay.on(err, columns, ticker);
  }

  /**
   * The state directory where none is given: {@code $VMFERRY_STATE}, else {@code vmferry} below
   * {@code $XDG_STATE_HOME}, which is {@code ~/.local/state} if it is not set.
   */
  Path defaultState() {
    Optional<Path> own = variable("VMFERRY_STATE").map(Path::of);
    Optional<Path> xdg = variable("XDG_STATE_HOME").map(base -> Path.of(base, "vmferry"));
    return own.or(() -> xdg)
        .orElseGet(() -> Path.of(System.getProperty("user.home"), ".local", "state", "vmferry"));
  }

  /** What is installed on this computer. */
  HostPrograms programs() {
    return new HostPrograms(variable("PATH").orElse("/usr/local/bin:/usr/bin:/bin"), Path.of("/"));
  }

  /** Where large files go that nobody keeps: {@code $TMPDIR}, else where they are not in memory. */
  Path largeFiles() {
    return variable("TMPDIR")
        .map(Path::of)
        .orElseGet(
            () -> {
              Path onDisk = Path.of("/var/tmp");
              return Files.isWritable(onDisk)
                  ? onDisk
                  : Path.of(System.getProperty("java.io.tmpdir"));
            });
  }

  private Optional<String> variable(String name) {
    return Optional.ofNullable(variables.get(name)).filter(value -> !value.isEmpty());
  }
}
