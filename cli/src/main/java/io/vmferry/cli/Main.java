package io.vmferry.cli;

import io.vmferry.cli.backend.EmbeddedBackends;
import io.vmferry.cli.backend.LocalMachineAccess;
import io.vmferry.cli.progress.Ticker;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.OptionalInt;

/** Where the process starts. */
public final class Main {
  private static final int OUTPUT_BUFFER = 64 << 10;

  private Main() {}

  /** Runs a command and ends the process with its exit code. */
  public static void main(String[] arguments) {
    configureLogging(arguments);
    PrintStream out = stream(FileDescriptor.out);
    PrintStream err = stream(FileDescriptor.err);
    CliEnvironment environment = environment(out, err, columns(), System.getenv());
    int exitCode = Vmferry.commandLine(environment).execute(arguments);
    out.flush();
    err.flush();
    if (exitCode == ExitCode.OK && out.checkError()) {
      // The reader of a pipe has gone, or the disk is full: the result did not arrive.
      exitCode = ExitCode.USER;
    }
    System.exit(exitCode);
  }

  /** The commands' surroundings in a process of their own. */
  static CliEnvironment environment(
      PrintStream out, PrintStream err, OptionalInt columns, Map<String, String> variables) {
    return new CliEnvironment(
        out,
        err,
        columns,
        variables,
        new EmbeddedBackends(),
        Ticker.system(),
        new LocalMachineAccess());
  }

  /** The libraries are heard only with {@code --debug}; has to happen before the first of them. */
  static void configureLogging(String[] arguments) {
    boolean debug = Arrays.asList(arguments).contains("--debug");
    setDefault("org.slf4j.simpleLogger.defaultLogLevel", debug ? "info" : "off");
    setDefault("org.slf4j.simpleLogger.showDateTime", "true");
    setDefault("org.slf4j.simpleLogger.dateTimeFormat", "HH:mm:ss.SSS");
    // slf4j itself reports which binding it uses.
    setDefault("slf4j.internal.verbosity", "ERROR");
  }

  private static void setDefault(String property, String value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, value);
    }
  }

  static PrintStream stream(FileDescriptor descriptor) {
    return new PrintStream(
        new BufferedOutputStream(new FileOutputStream(descriptor), OUTPUT_BUFFER),
        true,
        StandardCharsets.UTF_8);
  }

  /** The launcher knows whether the standard error is a terminal, and how wide it is. */
  private static OptionalInt columns() {
    int columns = Integer.getInteger("vmferry.columns", 0);
    return columns > 0 ? OptionalInt.of(columns) : OptionalInt.empty();
  }
}
