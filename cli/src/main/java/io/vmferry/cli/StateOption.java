package io.vmferry.cli;

import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** The option that says where the embedded AWS keeps its state. */
final class StateOption {
  @Option(
      names = "--state",
      paramLabel = "DIR",
      description = {
        "Where the embedded AWS keeps its state. Default: $VMFERRY_STATE,",
        "else $XDG_STATE_HOME/vmferry, else ~/.local/state/vmferry."
      })
  private Optional<Path> state = Optional.empty();

  /** The directory that is meant. */
  Path resolve(CliEnvironment environment) {
    return state.orElseGet(environment::defaultState).toAbsolutePath().normalize();
  }
}
