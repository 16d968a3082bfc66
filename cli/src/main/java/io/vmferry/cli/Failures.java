package io.vmferry.cli;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import picocli.CommandLine;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IParameterExceptionHandler;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Every failure ends here: as one line, with the trace only on request, and an exit code. */
final class Failures implements IExecutionExceptionHandler, IParameterExceptionHandler {
  private final PrintStream err;
  private final BooleanSupplier debug;

  Failures(PrintStream err, BooleanSupplier debug) {
    this.err = err;
    this.debug = debug;
  }

  @Override
  public int handleExecutionException(
      Exception failure, CommandLine commandLine, ParseResult parsed) {
    if (failure instanceof InterruptedException) {
      return ExitCode.INTERRUPTED;
    }
    Optional<VmferryException> known = known(failure);
    ErrorCode code = known.map(VmferryException::code).orElse(ErrorCode.INTERNAL);
    String message =
        known
            .map(VmferryException::getMessage)
            .orElseGet(
                () ->
                    "%s: %s. %s"
                        .formatted(
                            failure.getClass().getSimpleName(),
                            failure.getMessage(),
                            ErrorCode.INTERNAL.remedy()));
    err.println(line(code, message));
    if (debug.getAsBoolean()) {
      failure.printStackTrace(err);
    }
    err.flush();
    return ExitCode.of(code.category());
  }

  @Override
  public int handleParseException(ParameterException failure, String[] arguments) {
    CommandLine commandLine = failure.getCommandLine();
    err.println("vmferry: " + oneLine(String.valueOf(failure.getMessage())));
    UnmatchedArgumentException.printSuggestions(failure, commandLine.getErr());
    err.println("Try '%s --help'.".formatted(commandLine.getCommandSpec().qualifiedName(" ")));
    if (debug.getAsBoolean()) {
      failure.printStackTrace(err);
    }
    err.flush();
    return ExitCode.USAGE;
  }

  /** How a failure with a code is shown. */
  static String line(ErrorCode code, String message) {
    return "vmferry: %s: %s".formatted(code.name().toUpperCase(Locale.ROOT), oneLine(message));
  }

  /** The failure with a code that lies behind another one. */
  private static Optional<VmferryException> known(Throwable failure) {
    Throwable current = failure;
    // Causes can be circular.
    for (int depth = 0; current != null && depth < 20; depth++) {
      if (current instanceof VmferryException known) {
        return Optional.of(known);
      }
      current = current.getCause();
    }
    return Optional.empty();
  }

  private static String oneLine(String message) {
    return message.strip().replaceAll("\\s*\\R\\s*", " ");
  }
}
