package io.vmferry.cli;

import io.vmferry.cli.source.Source;
import io.vmferry.cli.source.SourceArguments;
import io.vmferry.functions.task.GuestOptions;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.Optional;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** What an import is to do with the guest. */
final class GuestArguments {
  @Option(
      names = "--no-modify-os",
      description = "Leaves the guest as it is: no drivers, no DHCP, no look into it.")
  private boolean noModifyOs;

  @Option(
      names = "--dry-run",
      description = {
        "Lists every change that would be made to the guest, and makes none; neither is",
        "an image or a snapshot made."
      })
  private boolean dryRun;

  @Option(
      names = "--rebuild-initramfs",
      description = {
        "Makes each initramfs anew with the guest's own tool, instead of appending the",
        "drivers to it."
      })
  private boolean rebuildInitramfs;

  @Option(
      names = "--reset-identity",
      description = "Makes SSH host keys and the machine id anew at the first boot.")
  private boolean resetIdentity;

  @Option(
      names = "--agent",
      paramLabel = "PACKAGE",
      description = {
        "The package of the AWS Systems Manager agent, a file or s3://bucket/key, which",
        "is installed into the guest."
      })
  private Optional<String> agent = Optional.empty();

  @Option(
      names = "--agent-url",
      paramLabel = "URL",
      description = "Where the guest fetches the agent's package from at its first boot.")
  private Optional<String> agentUrl = Optional.empty();

  /** Whether the guest is opened. */
  boolean opensGuest() {
    return !noModifyOs;
  }

  /** Refuses what does not go together. */
  void check(CommandSpec spec, boolean snapshot) {
    boolean more =
        dryRun || rebuildInitramfs || resetIdentity || agent.isPresent() || agentUrl.isPresent();
    if (more && (noModifyOs || snapshot)) {
      throw new ParameterException(
          spec.commandLine(),
          "--dry-run, --rebuild-initramfs, --reset-identity and --agent concern a guest that is"
              + " changed; %s leaves it as it is"
                  .formatted(snapshot ? "--snapshot" : "--no-modify-os"));
    }
    if (agent.isPresent() && agentUrl.isPresent()) {
      throw new ParameterException(spec.commandLine(), "give --agent or --agent-url, not both");
    }
    if (agentUrl.isPresent() && !isWebAddress(agentUrl.get())) {
      throw new ParameterException(spec.commandLine(), "--agent-url is no https:// URL");
    }
  }

  private static boolean isWebAddress(String url) {
    try {
      URI uri = new URI(url);
      return "https".equalsIgnoreCase(uri.getScheme()) && uri.getHost() != null;
    } catch (URISyntaxException e) {
      return false;
    }
  }

  /**
   * The options as a request has them; a package on this machine is uploaded.
   *
   * @throws io.vmferry.error.VmferryException if there is no such package
   */
  GuestOptions options(SourceUpload upload) {
    return new GuestOptions(
        !noModifyOs,
        dryRun,
        rebuildInitramfs,
        resetIdentity,
        agent.map(SourceArguments::locate).map(source -> located(source, upload)),
        agentUrl);
  }

  private static String located(Source source, SourceUpload upload) {
    return switch (source) {
      case Source.Remote remote -> remote.url();
      case Source.LocalFile local -> upload.uploadBeside(local);
    };
  }
}
