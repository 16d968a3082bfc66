package io.vmferry.cli;

import io.vmferry.functions.service.CheckReport;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Shows what a machine is. */
@Command(
    name = "inspect",
    sortOptions = false,
    description = {
      "Shows what a machine is: its disks, file systems, boot loader, kernels and network, from a"
          + " small part of its disks. Uploads and makes nothing.",
      "Ends with 3 if it has no system that is known; 'vmferry check' says why."
    })
final class InspectCommand implements Callable<Integer> {
  private final CliEnvironment environment;

  @Mixin private MachineLook machine = new MachineLook();

  @Option(names = "--json", description = "Prints one JSON document.")
  private boolean json;

  InspectCommand(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    CheckReport report = machine.look(environment);
    PrintStream out = environment.out();
    if (json) {
      out.println(TaskJson.text(GuestJson.of(report)));
    } else {
      report.facts().ifPresent(facts -> GuestText.lines(facts).forEach(out::println));
    }
    out.flush();
    if (report.facts().isEmpty()) {
      report
          .findings()
          .forEach(
              finding ->
                  environment
                      .err()
                      .println(Failures.line(finding.code(), GuestJson.of(finding).message())));
    }
    environment.err().println(CheckCommand.amount(report));
    return report.facts().isEmpty() ? ExitCode.USER : ExitCode.OK;
  }
}
