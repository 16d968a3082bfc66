package io.vmferry.cli;

import io.vmferry.cli.backend.Backend;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs the embedded AWS in the foreground. */
@Command(
    name = "local",
    sortOptions = false,
    description = {
      "Runs the embedded AWS until it is interrupted, and prints the environment that leads the"
          + " aws CLI and the SDKs to it. Tasks that were interrupted go on."
    })
final class LocalCommand implements Callable<Integer> {
  private final CliEnvironment environment;

  @Mixin private StateOption state = new StateOption();

  @Option(
      names = "--port",
      defaultValue = "4566",
      description = "The port on 127.0.0.1; 0 for any that is free. Default: ${DEFAULT-VALUE}.")
  private int port;

  LocalCommand(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() throws InterruptedException {
    Path directory = state.resolve(environment);
    CountDownLatch stopped = new CountDownLatch(1);
    Backend backend =
        environment
            .backends()
            .start(directory, port == 0 ? OptionalInt.empty() : OptionalInt.of(port));
    backend.tasks().resume();
    Thread hook =
        new Thread(
            () -> {
              backend.close();
              stopped.countDown();
            },
            "stop");
    Runtime.getRuntime().addShutdownHook(hook);
    print(backend, directory);
    stopped.await();
    return ExitCode.OK;
  }

  private void print(Backend backend, Path directory) {
    PrintStream out = environment.out();
    out.println("export AWS_ENDPOINT_URL=" + backend.endpoint());
    out.println("export AWS_ACCESS_KEY_ID=test");
    out.println("export AWS_SECRET_ACCESS_KEY=test");
    out.println("export AWS_REGION=us-east-1");
    out.flush();
    environment.err().println("vmferry: running on %s until interrupted".formatted(directory));
    environment.err().flush();
  }
}
