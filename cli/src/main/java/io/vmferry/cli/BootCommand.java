package io.vmferry.cli;

import io.vmferry.cli.backend.Backend;
import io.vmferry.cli.backend.Inventory;
import io.vmferry.cli.boot.Boot;
import io.vmferry.cli.boot.DurationText;
import io.vmferry.cli.boot.Firmware;
import io.vmferry.cli.boot.Machine;
import io.vmferry.cli.boot.NetworkCard;
import io.vmferry.cli.progress.ProgressDisplay;
import io.vmferry.cli.progress.ProgressState;
import io.vmferry.cli.progress.ProgressText;
import io.vmferry.cli.progress.RateMeter;
import io.vmferry.cli.snapshot.BlockSink;
import io.vmferry.cli.snapshot.FileSink;
import io.vmferry.cli.snapshot.SnapshotCopy;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** Boots an image on this computer. */
@Command(
    name = "boot",
    sortOptions = false,
    description = {
      "Boots an image in qemu as EC2 presents it to its guest: NVMe disks, one network card",
      "with DHCP, a serial console, BIOS or UEFI by the image's boot mode. What the machine",
      "writes is thrown away with it."
    })
final class BootCommand implements Callable<Integer> {
  private static final String LABEL = "reading";
  private static final long GIB = 1L << 30;
  private static final int MIN_MEMORY = 64;
  private static final List<String> ARCHITECTURES = List.of("x86_64", "i386");

  private final CliEnvironment environment;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private StateOption state = new StateOption();

  @Parameters(paramLabel = "IMAGE", description = "The image's id.")
  private String id = "";

  @Option(
      names = "--expect",
      paramLabel = "TEXT",
      description = {
        "Waits until the serial console shows this text, then ends the machine; several are",
        "waited for one after the other. Without it the console is yours, Ctrl-A X ends the",
        "machine."
      })
  private List<String> expected = List.of();

  @Option(
      names = "--timeout",
      paramLabel = "DURATION",
      defaultValue = "10m",
      converter = DurationConverter.class,
      description = "How long --expect waits: 90s, 5m, 1h. Default: ${DEFAULT-VALUE}.")
  private Duration timeout = Duration.ofMinutes(10);

  @Option(
      names = "--console-log",
      paramLabel = "FILE",
      description = "Also writes there what the serial console shows.")
  private Optional<Path> consoleLog = Optional.empty();

  @Option(
      names = "--memory",
      paramLabel = "MIB",
      defaultValue = "1024",
      description = "The machine's memory. Default: ${DEFAULT-VALUE}.")
  private int memoryMib = 1024;

  @Option(
      names = "--cpus",
      paramLabel = "COUNT",
      defaultValue = "2",
      description = "The machine's processors. Default: ${DEFAULT-VALUE}.")
  private int cpus = 2;

  @Option(
      names = "--firmware",
      paramLabel = "NAME",
      description = "bios or uefi. Default: by the image's boot mode.")
  private Optional<Firmware> firmware = Optional.empty();

  @Option(
      names = "--network-card",
      paramLabel = "NAME",
      defaultValue = "e1000e",
      description = {
        "e1000e, or virtio for kernels that were made for clouds.",
        "Default: ${DEFAULT-VALUE}."
      })
  private NetworkCard networkCard = NetworkCard.E1000E;

  BootCommand(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() throws InterruptedException {
    checkOptions();
    Optional<Path> log = consoleLog.map(file -> file.toAbsolutePath().normalize());
    log.ifPresent(BootCommand::makeWritable);
    Prepared prepared = prepare();
    try (Boot boot = prepared.boot) {
      boot.run(
          prepared.machine,
          expectation(),
          log,
          how -> environment.err().println("booting %s %s".formatted(id, how)));
    } catch (IOException e) {
      throw new VmferryException(
          ErrorCode.BOOT_MACHINE_FAILED, "the machine cannot be run: %s".formatted(e), e);
    }
    if (!expected.isEmpty()) {
      environment.out().println();
      environment.err().println("%s showed '%s'".formatted(id, String.join("', '", expected)));
    }
    return ExitCode.OK;
  }

  /** Copies the disks; the back end is closed then, since the machine needs the memory more. */
  private Prepared prepare() throws InterruptedException {
    try (Backend backend = environment.backends().open(state.resolve(environment))) {
      Inventory.Image image = image(backend);
      Firmware used = firmware.orElseGet(() -> Firmware.of(image.bootMode()));
      Boot boot = Boot.prepare(environment.programs(), used, environment.largeFiles());
      try {
        List<Machine.Disk> disks = copyDisks(backend, image, boot.directory());
        return new Prepared(boot, new Machine(used, disks, networkCard, memoryMib, cpus));
      } catch (Throwable failure) {
        boot.close();
        throw failure;
      }
    } catch (IOException e) {
      throw new VmferryException(
          ErrorCode.OUTPUT_UNUSABLE, "the disks cannot be copied: %s".formatted(e), e);
    }
  }

  /** A machine that can be switched on. */
  private record Prepared(Boot boot, Machine machine) {}

  private void checkOptions() {
    if (memoryMib < MIN_MEMORY) {
      throw new ParameterException(
          spec.commandLine(), "--memory is %d MiB, and has to be 64 at least".formatted(memoryMib));
    }
    if (cpus < 1 || cpus > 255) {
      throw new ParameterException(
          spec.commandLine(), "--cpus is %d, and has to be from 1 to 255".formatted(cpus));
    }
    if (expected.stream().anyMatch(text -> text.isEmpty() || text.contains("\n"))) {
      throw new ParameterException(
          spec.commandLine(), "--expect has to be a text within a line of the console");
    }
  }

  private static void makeWritable(Path file) {
    try {
      // qemu empties it; that it cannot be written is told before the disks are copied.
      Files.newByteChannel(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE).close();
    } catch (IOException e) {
      throw new VmferryException(
          ErrorCode.OUTPUT_UNUSABLE, "%s cannot be written: %s".formatted(file, e), e);
    }
  }

  private Inventory.Image image(Backend backend) {
    Inventory.Image image =
        backend.inventory().images().stream()
            .filter(candidate -> candidate.id().equals(id))
            .findFirst()
            .orElseThrow(
                () ->
                    new VmferryException(
                        ErrorCode.AMI_NOT_FOUND,
                        "there is no image '%s'; 'vmferry images' lists them".formatted(id)));
    if (!ARCHITECTURES.contains(image.architecture())) {
      throw new VmferryException(
          ErrorCode.AMI_ARCHITECTURE_UNSUPPORTED,
          "%s is of the architecture '%s'; x86_64 and i386 are booted"
              .formatted(id, image.architecture()));
    }
    return image;
  }

  private List<Machine.Disk> copyDisks(Backend backend, Inventory.Image image, Path directory)
      throws IOException, InterruptedException {
    ProgressDisplay display = environment.progress();
    RateMeter rate = new RateMeter();
    long total = image.devices().stream().mapToLong(device -> device.volumeSizeGib() * GIB).sum();
    List<Machine.Disk> disks = new ArrayList<>();
    long before = 0;
    try {
      for (Inventory.Device device : image.devices()) {
        Path file = directory.resolve("disk%d.raw".formatted(disks.size()));
        long start = before;
        SnapshotCopy copy =
            new SnapshotCopy(
                backend.snapshots(),
                done -> {
                  rate.add(environment.ticker().nanos(), start + done);
                  display.show(
                      new ProgressState(LABEL, start + done, total, rate.bytesPerSecond()));
                });
        try (BlockSink sink = FileSink.open(file)) {
          before += copy.copy(device.snapshotId(), sink);
        }
        disks.add(new Machine.Disk(file, Machine.Disk.serialOf(device.snapshotId())));
      }
      display.end();
      environment
          .err()
          .println(
              "read %d disk%s (%s)"
                  .formatted(
                      disks.size(), disks.size() == 1 ? "" : "s", ProgressText.bytes(before)));
      return disks;
    } finally {
      display.end();
    }
  }

  private Optional<Boot.Expectation> expectation() {
    return expected.isEmpty()
        ? Optional.empty()
        : Optional.of(new Boot.Expectation(expected, timeout, environment.out()));
  }

  /** Durations as users write them. */
  static final class DurationConverter implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String value) {
      try {
        return DurationText.parse(value);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
