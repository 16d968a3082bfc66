package io.vmferry.cli;

import io.vmferry.cli.backend.Backend;
import io.vmferry.cli.backend.Inventory;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lists the snapshots. */
@Command(name = "list", sortOptions = false, description = "Lists the snapshots, the newest first.")
final class SnapshotListCommand implements Callable<Integer> {
  private final CliEnvironment environment;

  @Mixin private StateOption state = new StateOption();

  @Option(names = "--json", description = "Prints one JSON document.")
  private boolean json;

  SnapshotListCommand(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    try (Backend backend = environment.backends().open(state.resolve(environment))) {
      List<Inventory.Snapshot> snapshots = backend.inventory().snapshots();
      PrintStream out = environment.out();
      if (json) {
        out.println(TaskJson.text(new Snapshots(snapshots)));
      } else {
        snapshots.forEach(snapshot -> out.println(line(snapshot)));
      }
      out.flush();
      return ExitCode.OK;
    }
  }

  private static String line(Inventory.Snapshot snapshot) {
    return "%s  %s  %-9s  %d GiB  %s"
        .formatted(
            snapshot.id(),
            snapshot.startedAt(),
            snapshot.state(),
            snapshot.volumeSizeGib(),
            snapshot.description());
  }

  /**
   * The JSON document.
   *
   * @param snapshots the newest first
   */
  record Snapshots(List<Inventory.Snapshot> snapshots) {}
}
