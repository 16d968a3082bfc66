package io.vmferry.cli;

import io.vmferry.cli.backend.Backend;
import io.vmferry.cli.progress.ProgressDisplay;
import io.vmferry.cli.progress.ProgressState;
import io.vmferry.cli.progress.ProgressText;
import io.vmferry.cli.progress.RateMeter;
import io.vmferry.cli.snapshot.BlockSink;
import io.vmferry.cli.snapshot.FileSink;
import io.vmferry.cli.snapshot.SnapshotCopy;
import io.vmferry.cli.snapshot.StreamSink;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes a snapshot's content. */
@Command(
    name = "read",
    sortOptions = false,
    description = "Writes what a snapshot holds: the whole volume as a raw image.")
final class SnapshotReadCommand implements Callable<Integer> {
  private static final String LABEL = "reading";
  private static final long GIB = 1L << 30;

  private final CliEnvironment environment;

  @Mixin private StateOption state = new StateOption();

  @Parameters(paramLabel = "SNAPSHOT", description = "The snapshot's id.")
  private String id = "";

  @Option(
      names = {"-o", "--output"},
      required = true,
      paramLabel = "FILE",
      description = {
        "The file, which becomes sparse; '-' for the standard output, where zeros are",
        "written out."
      })
  private Path output = Path.of("-");

  SnapshotReadCommand(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() throws InterruptedException {
    ProgressDisplay display = environment.progress();
    RateMeter rate = new RateMeter();
    try (Backend backend = environment.backends().open(state.resolve(environment));
        BlockSink sink = sink()) {
      display.show(ProgressState.of(LABEL));
      long total = volumeSize(backend);
      SnapshotCopy copy =
          new SnapshotCopy(
              backend.snapshots(),
              done -> {
                rate.add(environment.ticker().nanos(), done);
                display.show(new ProgressState(LABEL, done, total, rate.bytesPerSecond()));
              });
      long size = copy.copy(id, sink);
      display.end();
      environment.err().println("read %s (%s)".formatted(id, ProgressText.bytes(size)));
      return ExitCode.OK;
    } catch (IOException e) {
      throw new VmferryException(
          ErrorCode.OUTPUT_UNUSABLE,
          "%s cannot be written: %s".formatted(output, e.getMessage()),
          e);
    } finally {
      display.end();
    }
  }

  private BlockSink sink() {
    return output.toString().equals("-")
        ? new StreamSink(environment.out())
        : FileSink.open(output.toAbsolutePath());
  }

  /** 0 for a snapshot that is not in the account's list: progress is shown without a total then. */
  private long volumeSize(Backend backend) {
    return backend.inventory().snapshots().stream()
        .filter(snapshot -> snapshot.id().equals(id))
        .mapToLong(snapshot -> snapshot.volumeSizeGib() * GIB)
        .findFirst()
        .orElse(0);
  }
}
