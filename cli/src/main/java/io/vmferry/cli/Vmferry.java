package io.vmferry.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Properties;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The top command: its options are every command's. */
@Command(
    name = "vmferry",
    description = "Imports virtual machines into Amazon EC2, here on an AWS of its own.",
    mixinStandardHelpOptions = true,
    versionProvider = Vmferry.Version.class,
    scope = ScopeType.INHERIT,
    usageHelpAutoWidth = true,
    sortOptions = false)
final class Vmferry implements Runnable {
  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Prints the trace of an error, and what the libraries log.")
  private boolean debug;

  /** The command line with every command. */
  static CommandLine commandLine(CliEnvironment environment) {
    Vmferry top = new Vmferry();
    CommandLine snapshot =
        new CommandLine(new SnapshotCommand())
            .addSubcommand(new SnapshotReadCommand(environment))
            .addSubcommand(new SnapshotListCommand(environment));
    CommandLine commandLine =
        new CommandLine(top)
            .addSubcommand(new CheckCommand(environment))
            .addSubcommand(new InspectCommand(environment))
            .addSubcommand(new ImportCommand(environment))
            .addSubcommand(new TasksCommand(environment))
            .addSubcommand(new TaskCommand(environment))
            .addSubcommand(new CancelCommand(environment))
            .addSubcommand(new RetryCommand(environment))
            .addSubcommand(new ImagesCommand(environment))
            .addSubcommand(new BootCommand(environment))
            .addSubcommand(snapshot)
            .addSubcommand(new LocalCommand(environment))
            .addSubcommand(new EndpointCommand(environment));
    commandLine
        .getCommandSpec()
        .usageMessage()
        .exitCodeListHeading("%nExit codes:%n")
        .exitCodeList(CommandLine.Model.UsageMessageSpec.keyValuesMap(ExitCode.DOCUMENTED));
    Failures failures = new Failures(environment.err(), () -> top.debug);
    return commandLine
        .setOut(new PrintWriter(environment.out(), true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(environment.err(), true, StandardCharsets.UTF_8))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setParameterExceptionHandler(failures)
        .setExecutionExceptionHandler(failures);
  }

  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "a command is missing");
  }

  /** Reads the version the build wrote down. */
  static final class Version implements IVersionProvider {
    @Override
    public String[] getVersion() throws IOException {
      Properties properties = new Properties();
      try (InputStream in = Vmferry.class.getResourceAsStream("version.properties")) {
        if (in == null) {
          throw new IOException("version.properties is missing from the jar");
        }
        properties.load(in);
      }
      return new String[] {"vmferry " + properties.getProperty("version")};
    }
  }
}
