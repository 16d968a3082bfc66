package io.vmferry.cli;

import io.vmferry.functions.service.CheckReport;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Tells what would make an import fail. */
@Command(
    name = "check",
    sortOptions = false,
    description = {
      "Tells what would make an import of a machine fail, or the machine not boot, from a small"
          + " part of its disks. Uploads and makes nothing.",
      "Ends with 3 if an import would fail."
    })
final class CheckCommand implements Callable<Integer> {
  private static final String ROW = "%-9s %-30s %s";

  private final CliEnvironment environment;

  @Mixin private MachineLook machine = new MachineLook();

  @Option(names = "--json", description = "Prints one JSON document.")
  private boolean json;

  CheckCommand(CliEnvironment environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    CheckReport report = machine.look(environment);
    PrintStream out = environment.out();
    if (json) {
      out.println(TaskJson.text(GuestJson.of(report)));
    } else {
      print(report, out);
    }
    out.flush();
    environment.err().println(amount(report));
    return report.hasErrors() ? ExitCode.USER : ExitCode.OK;
  }

  private static void print(CheckReport report, PrintStream out) {
    report.facts().ifPresent(facts -> out.println("system    " + GuestText.system(facts)));
    report
        .disks()
        .forEach(
            disk ->
                out.println(
                    "disk %-4d %s, %s"
                        .formatted(
                            disk.index(),
                            disk.format().id(),
                            GuestText.bytes(disk.virtualSize()))));
    if (report.findings().isEmpty()) {
      out.println("nothing was found that would keep it from being imported");
      return;
    }
    out.println();
    out.println(ROW.formatted("SEVERITY", "CODE", "WHAT WAS FOUND, AND WHAT TO DO"));
    for (GuestJson.FindingView finding : findings(report)) {
      out.println(
          GuestText.printable(
              ROW.formatted(
                  finding.severity().name().toLowerCase(Locale.ROOT),
                  finding.code().name(),
                  finding.message())));
    }
  }

  private static List<GuestJson.FindingView> findings(CheckReport report) {
    return report.findings().stream().map(GuestJson::of).toList();
  }

  static String amount(CheckReport report) {
    return "read %s of %s"
        .formatted(GuestText.bytes(report.bytesRead()), GuestText.bytes(report.bytesTotal()));
  }
}
