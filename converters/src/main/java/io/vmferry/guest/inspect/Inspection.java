package io.vmferry.guest.inspect;

import io.vmferry.error.VmferryException;
import io.vmferry.guest.DiskFacts;
import io.vmferry.guest.FileSystemFacts;
import io.vmferry.guest.Finding;
import io.vmferry.guest.Finding.Severity;
import io.vmferry.guest.Firmware;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.OperatingSystem;
import java.util.List;
import java.util.Optional;

/**
 * What inspection found. Serialises to JSON as it is.
 *
 * @param disks the machine's disks
 * @param fileSystems what lies on them, with the mount points of its boot
 * @param firmware what can boot it
 * @param system the system; empty if there is none, several, or one that is imported as it is
 * @param mounts what to mount for its file tree, in this order; the first is the root
 * @param findings what its owner must know, the gravest first
 */
public record Inspection(
    List<DiskFacts> disks,
    List<FileSystemFacts> fileSystems,
    Firmware firmware,
    Optional<OperatingSystem> system,
    List<Mount> mounts,
    List<Finding> findings) {

  /** The facts for modifications; empty if there is no system that can be modified. */
  public Optional<GuestFacts> facts() {
    return system.map(known -> new GuestFacts(disks, fileSystems, firmware, known));
  }

  /** The findings that stop an import. */
  public List<Finding> errors() {
    return findings.stream().filter(finding -> finding.severity() == Severity.ERROR).toList();
  }

  /**
   * Refuses a machine whose import would fail.
   *
   * @throws VmferryException with the code of the first error
   */
  public void requireImportable() {
    if (!errors().isEmpty()) {
      Finding first = errors().getFirst();
      throw new VmferryException(first.code(), first.detail());
    }
  }
}
