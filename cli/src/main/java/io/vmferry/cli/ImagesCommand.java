package io.vmferry.cli;

import io.vmferry.cli.backend.Backend;
import io.vmferry.cli.backend.Inventory;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Lists the images. */
@Command(name = "images", sortOptions = false, description = "Lists the images, the newest first.")
final class ImagesCommand implements Callable<Integer> {
  private final CliEnvironment environment;

  @Mixin private StateOption state = new StateOption();

  @Option(names = "--json", description = "Prints one JSON document.")
  private boolean json;

  ImagesCommand(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    try (Backend backend = environment.backends().open(state.resolve(environment))) {
      List<Inventory.Image> images = backend.inventory().images();
      PrintStream out = environment.out();
      if (json) {
        out.println(TaskJson.text(new Images(images)));
      } else {
        images.forEach(image -> out.println(line(image)));
      }
      out.flush();
      return ExitCode.OK;
    }
  }

  private static String line(Inventory.Image image) {
    return "%s  %s  %s  %s  %s  %s"
        .formatted(
            image.id(),
            image.createdAt(),
            image.state(),
            image.architecture(),
            image.name(),
            image.devices().stream()
                .map(device -> device.deviceName() + "=" + device.snapshotId())
                .collect(Collectors.joining(",")));
  }

  /**
   * The JSON document.
   *
   * @param images the newest first
   */
  record Images(List<Inventory.Image> images) {}
}
