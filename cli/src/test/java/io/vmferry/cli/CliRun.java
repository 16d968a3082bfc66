package io.vmferry.cli;

import io.vmferry.functions.fake.FakeConversion;
import io.vmferry.functions.fake.FakeRemoteFiles;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;

/** Runs command lines against a fake back end and keeps what they print. */
final class CliRun {
  final FakeBackend backend = new FakeBackend();
  final ManualTicker ticker = new ManualTicker();
  final FakeConversion guests = new FakeConversion();
  final FakeRemoteFiles remoteFiles = new FakeRemoteFiles();
  final Map<String, String> variables = new HashMap<>(Map.of("VMFERRY_STATE", "/state"));
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  OptionalInt columns = OptionalInt.empty();

  /** Runs a command line and returns its exit code. */
  int run(String... arguments) {
    CliEnvironment environment =
        new CliEnvironment(
            new PrintStream(out, true, StandardCharsets.UTF_8),
            new PrintStream(err, true, StandardCharsets.UTF_8),
            columns,
            variables,
            backend,
            ticker,
            new FakeMachineAccess(guests, remoteFiles));
    return Vmferry.commandLine(environment).execute(arguments);
  }

  String out() {
    return out.toString(StandardCharsets.UTF_8);
  }

  byte[] binaryOut() {
    return out.toByteArray();
  }

  String err() {
    return err.toString(StandardCharsets.UTF_8);
  }
}
