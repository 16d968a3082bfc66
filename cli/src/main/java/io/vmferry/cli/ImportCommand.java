package io.vmferry.cli;

import io.vmferry.cli.backend.Backend;
import io.vmferry.cli.source.Source;
import io.vmferry.cli.source.SourceArguments;
import io.vmferry.disk.DiskFormat;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.Compute;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Imports disks as an image or a snapshot. */
@Command(
    name = "import",
    sortOptions = false,
    description = {
      "Imports a machine as an AMI, or with --snapshot one disk as an EBS snapshot.",
      "Prints the ids of the image and its snapshots. Interrupting it leaves the task to go on:"
          + " see 'vmferry task --wait'."
    })
final class ImportCommand implements Callable<Integer> {
  private final CliEnvironment environment;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Mixin private StateOption state = new StateOption();

  @Parameters(
      arity = "1..*",
      paramLabel = "SOURCE",
      description = {
        "A file, a folder with one .ovf, s3://bucket/key or https://…",
        "Several sources are several disks of one machine, the first its root."
      })
  private List<String> sources = List.of();

  @Option(
      names = "--format",
      paramLabel = "FORMAT",
      description = {
        "What the sources are: ova, ovf, vmdk, vhd, vhdx or raw. Found out if it is",
        "not given; a raw disk has to be declared."
      })
  private Optional<String> format = Optional.empty();

  @Option(
      names = "--snapshot",
      description = "Makes a snapshot of one disk; the guest is left as it is.")
  private boolean snapshot;

  @Option(names = "--name", description = "The image's name; the task's id if it is not given.")
  private Optional<String> name = Optional.empty();

  @Option(
      names = "--description",
      paramLabel = "TEXT",
      description = "The description of the image or snapshot.")
  private Optional<String> description = Optional.empty();

  @Option(names = "--architecture", paramLabel = "ARCH", description = "x86_64, arm64 or i386.")
  private Optional<String> architecture = Optional.empty();

  @Option(
      names = "--boot-mode",
      paramLabel = "MODE",
      description = {
        "legacy-bios, uefi or uefi-preferred. Default: what the source says, else that",
        "of the architecture."
      })
  private Optional<String> bootMode = Optional.empty();

  @Option(
      names = "--encrypted",
      negatable = true,
      description = "Whether snapshots are encrypted. Default: the account's setting.")
  private @Nullable Boolean encrypted;

  @Option(names = "--kms-key", paramLabel = "KEY", description = "The key that encrypts them.")
  private Optional<String> kmsKey = Optional.empty();

  @Option(
      names = "--tag",
      paramLabel = "KEY=VALUE",
      description = "A tag of the image and its snapshots. Can be given several times.")
  private Map<String, String> tags = new LinkedHashMap<>();

  @Option(
      names = "--client-token",
      paramLabel = "TOKEN",
      description = "The same token and parameters start one task only.")
  private Optional<String> clientToken = Optional.empty();

  @Option(
      names = "--compute",
      paramLabel = "PLACE",
      description = {
        "Where the disks are converted: lambda, many functions at once, or fargate, one",
        "container. Default: what suits the work."
      })
  private Optional<String> compute = Optional.empty();

  @Mixin private GuestArguments guest = new GuestArguments();

  @Option(names = "--json", description = "Prints the result as one JSON document.")
  private boolean json;

  ImportCommand(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() throws InterruptedException {
    check();
    TaskReport report = new TaskReport(environment);
    try {
      List<Source> parsed =
          sources.stream().map(argument -> SourceArguments.parse(argument, format)).toList();
      try (Backend backend = environment.backends().open(state.resolve(environment))) {
        return run(backend, parsed, report);
      }
    } catch (VmferryException failure) {
      throw report.withoutTask(failure, json);
    }
  }

  private int run(Backend backend, List<Source> parsed, TaskReport report)
      throws InterruptedException {
    if (guest.opensGuest() && !snapshot) {
      // Before gigabytes are uploaded: here is where the task will need it.
      environment.machines().guests().checkAvailable();
    }
    backend.tasks().resume();
    SourceUpload upload = new SourceUpload(backend.uploads(), environment, clientToken);
    Task ended;
    try (Interruption interruption = new Interruption(environment, backend, upload::discard)) {
      String id = start(backend, upload, parsed);
      interruption.task(id);
      environment.err().println("task " + id);
      ended =
          new TaskFollower(backend.tasks(), environment.progress(), environment.ticker())
              .follow(id);
    }
    if (ended.status().isFinal()) {
      upload.discard();
    }
    return report.ended(ended, backend.tasks().progress(ended.id()), json);
  }

  private String start(Backend backend, SourceUpload upload, List<Source> parsed) {
    boolean started = false;
    try {
      List<String> urls = upload.upload(parsed);
      String id = backend.tasks().start(request(urls, guest.options(upload))).id();
      started = true;
      return id;
    } finally {
      if (!started) {
        upload.discard();
      }
    }
  }

  private ImportRequest request(List<String> urls, GuestOptions guestOptions) {
    List<DiskContainer> containers =
        urls.stream()
            .map(
                url ->
                    new DiskContainer(
                        url,
                        format.map(given -> given.toLowerCase(Locale.ROOT)),
                        Optional.empty(),
                        Optional.empty()))
            .toList();
    return new ImportRequest(
            snapshot ? TaskKind.IMPORT_SNAPSHOT : TaskKind.IMPORT_IMAGE,
            containers,
            name,
            description,
            architecture,
            bootMode,
            Optional.ofNullable(encrypted),
            kmsKey,
            clientToken,
            tags,
            snapshot ? GuestOptions.AS_IT_IS : guestOptions)
        .withCompute(compute.flatMap(Compute::of));
  }

  /** What is wrong whatever the sources hold, before anything is started. */
  private void check() {
    guest.check(spec, snapshot);
    List<String> formats =
        Stream.concat(
                SourceArguments.PACKAGES.stream(),
                Arrays.stream(DiskFormat.values()).map(DiskFormat::id))
            .toList();
    oneOf("--format", format.map(given -> given.toLowerCase(Locale.ROOT)), formats);
    oneOf("--architecture", architecture, List.of("x86_64", "arm64", "i386"));
    oneOf("--compute", compute, Arrays.stream(Compute.values()).map(Compute::label).toList());
    oneOf("--boot-mode", bootMode, List.of("legacy-bios", "uefi", "uefi-preferred"));
    if (snapshot && sources.size() > 1) {
      throw usage("--snapshot takes one disk; %d sources are given".formatted(sources.size()));
    }
    if (snapshot && (name.isPresent() || architecture.isPresent() || bootMode.isPresent())) {
      throw usage("a snapshot has no --name, --architecture or --boot-mode");
    }
  }

  private void oneOf(String option, Optional<String> value, List<String> allowed) {
    if (value.isPresent() && !allowed.contains(value.get())) {
      throw usage(
          "%s '%s' is none of %s".formatted(option, value.get(), String.join(", ", allowed)));
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
