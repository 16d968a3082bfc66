package io.vmferry.cli;

import io.vmferry.cli.backend.SigningEndpoint;
import java.io.PrintStream;
import java.net.URI;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Runs an endpoint for EC2's clients in front of a deployed stack. */
@Command(
    name = "endpoint",
    sortOptions = false,
    description = {
      "Runs an endpoint of EC2 on this computer, until it is interrupted, through which the aws CLI"
          + " and the SDKs reach a deployed vmferry: imports and exports go to the stack, all other"
          + " actions to EC2. Each request is signed anew with your credentials.",
      "It answers only requests that are signed with the same credentials."
    })
final class EndpointCommand implements Callable<Integer> {
  private final CliEnvironment environment;

  @Option(
      names = "--url",
      required = true,
      paramLabel = "URL",
      description = "The function URL of the stack's API: its output ApiUrl.")
  private URI url = URI.create("");

  @Option(
      names = "--region",
      description = "The stack's Region; that of the URL if it is not given.")
  private Optional<String> region = Optional.empty();

  @Option(
      names = "--ec2-endpoint",
      paramLabel = "URL",
      description = "Where all other actions go; the Region's EC2 if it is not given.")
  private Optional<URI> ec2 = Optional.empty();

  @Option(
      names = "--port",
      defaultValue = "4567",
      description = "The port on 127.0.0.1; 0 for any that is free. Default: ${DEFAULT-VALUE}.")
  private int port;

  EndpointCommand(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() throws InterruptedException {
    CountDownLatch stopped = new CountDownLatch(1);
    SigningEndpoint endpoint =
        SigningEndpoint.open(new SigningEndpoint.Options(url, region, ec2, port));
    Thread hook =
        new Thread(
            () -> {
              endpoint.close();
              stopped.countDown();
            },
            "stop");
    Runtime.getRuntime().addShutdownHook(hook);
    PrintStream out = environment.out();
    out.println("export AWS_ENDPOINT_URL_EC2=" + endpoint.uri());
    out.flush();
    environment.err().println("vmferry: forwarding to %s until interrupted".formatted(url));
    environment.err().flush();
    stopped.await();
    return ExitCode.OK;
  }
}
