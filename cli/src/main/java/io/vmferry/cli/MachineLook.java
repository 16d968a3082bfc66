package io.vmferry.cli;

import io.vmferry.cli.backend.Backend;
import io.vmferry.cli.source.LocalFiles;
import io.vmferry.cli.source.Source;
import io.vmferry.cli.source.SourceArguments;
import io.vmferry.disk.DiskFormat;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.ObjectReader;
import io.vmferry.functions.service.Check;
import io.vmferry.functions.service.CheckReport;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.guest.conversion.StopSignal;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** What the commands that look into a machine share: their arguments, and the look itself. */
final class MachineLook {
  @Spec(Spec.Target.MIXEE)
  private CommandSpec spec = CommandSpec.create();

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

  /** Looks into the machine; nothing is uploaded, started or kept. */
  CheckReport look(CliEnvironment environment) {
    checkFormat();
    List<DiskContainer> containers = sources.stream().map(this::container).toList();
    try (LazyObjects objects = new LazyObjects(environment)) {
      Check check =
          new Check(
              new LocalFiles(),
              objects::get,
              environment.machines().remoteFiles(),
              environment.machines().guests());
      return check.look(containers, StopSignal.NEVER);
    } catch (IOException e) {
      throw new VmferryException(
          ErrorCode.SOURCE_UNREACHABLE, "reading failed: %s".formatted(e.getMessage()), e);
    }
  }

  private void checkFormat() {
    List<String> known =
        Stream.concat(
                SourceArguments.PACKAGES.stream(),
                Arrays.stream(DiskFormat.values()).map(DiskFormat::id))
            .toList();
    if (format.isPresent() && !known.contains(format.get().toLowerCase(Locale.ROOT))) {
      throw new ParameterException(
          spec.commandLine(),
          "--format '%s' is none of %s".formatted(format.get(), String.join(", ", known)));
    }
  }

  private DiskContainer container(String argument) {
    String url =
        switch (SourceArguments.locate(argument)) {
          case Source.Remote remote -> remote.url();
          case Source.LocalFile local -> Check.FILE_SCHEME + local.file().toAbsolutePath();
        };
    return new DiskContainer(
        url,
        format.map(given -> given.toLowerCase(Locale.ROOT)),
        Optional.empty(),
        Optional.empty());
  }

  /** Objects of the embedded S3, which is started for the first of them. */
  private final class LazyObjects implements AutoCloseable {
    private final CliEnvironment environment;
    private @Nullable Backend backend;

    LazyObjects(CliEnvironment environment) {
      this.environment = environment;
    }

    synchronized ObjectReader get() {
      if (backend == null) {
        backend = environment.backends().open(state.resolve(environment));
      }
      return backend.uploads().objects();
    }

    @Override
    public synchronized void close() {
      if (backend != null) {
        backend.close();
      }
    }
  }
}
