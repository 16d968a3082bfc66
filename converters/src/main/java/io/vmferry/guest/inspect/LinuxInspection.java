package io.vmferry.guest.inspect;

import io.vmferry.error.ErrorCode;
import io.vmferry.guest.Distribution;
import io.vmferry.guest.Distribution.Family;
import io.vmferry.guest.Finding;
import io.vmferry.guest.Finding.Severity;
import io.vmferry.guest.Firmware;
import io.vmferry.guest.GuestFiles;
import io.vmferry.guest.Kernel;
import io.vmferry.guest.LinuxFacts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Finds out what a Linux guest is, from its files alone; reads them and nothing else. */
public final class LinuxInspection {
  private LinuxInspection() {}

  /**
   * What was found.
   *
   * @param facts the guest
   * @param findings what was odd about its files: {@link ErrorCode#GUEST_HOSTILE}, {@link
   *     ErrorCode#GUEST_FILE_UNREADABLE}, {@link ErrorCode#OS_UNSUPPORTED}
   */
  public record Result(LinuxFacts facts, List<Finding> findings) {}

  /**
   * Inspects a guest.
   *
   * @param files its files, everything its boot mounts mounted
   * @param root the root file system
   * @param firmware what may boot it, which tells boot loaders apart
   * @throws IOException if a file system is damaged
   */
  public static Result inspect(GuestFiles files, Mount root, Firmware firmware) throws IOException {
    GuestReader reader = new GuestReader(files);
    Optional<Distribution> known = Distributions.read(reader);
    Distribution distribution = known.orElseGet(LinuxInspection::unknown);
    BootMenu menu = new BootLoaders(reader).find(firmware);
    List<Kernel> kernels = new Kernels(reader).find(menu.bootable());
    Surroundings surroundings = new Surroundings(reader);
    String arguments = menu.defaultEntry().map(BootEntry::arguments).orElse("");
    LinuxFacts facts =
        new LinuxFacts(
            distribution,
            surroundings.architecture(),
            root.device(),
            root.subvolume(),
            kernels,
            menu.loader(),
            surroundings.networkSystems(),
            surroundings.packageFormat(),
            surroundings.systemd(),
            surroundings.selinux(distribution, arguments),
            surroundings.hypervisorTools());
    List<Finding> findings = new ArrayList<>(reader.findings());
    if (distribution.family() == Family.OTHER) {
      findings.add(
          new Finding(
              Severity.WARNING,
              ErrorCode.OS_UNSUPPORTED,
              known.isPresent()
                  ? "the guest is %s, whose configuration is not known"
                      .formatted(distribution.name())
                  : "nothing in the guest's /etc tells its distribution"));
    }
    return new Result(facts, List.copyOf(findings));
  }

  private static Distribution unknown() {
    return new Distribution(
        Family.OTHER, "linux", OptionalInt.empty(), OptionalInt.empty(), "Linux");
  }
}
