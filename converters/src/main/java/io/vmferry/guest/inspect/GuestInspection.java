package io.vmferry.guest.inspect;

import io.vmferry.error.ErrorCode;
import io.vmferry.guest.FileSystemFacts;
import io.vmferry.guest.Finding;
import io.vmferry.guest.Finding.Severity;
import io.vmferry.guest.Firmware;
import io.vmferry.guest.GuestFiles;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.OperatingSystem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Inspects a machine: disks, file systems, the system, and everything an import could fail of. */
public final class GuestInspection {
  private final DiskInspection headers;
  private final BlockDevices devices;
  private final List<Finding> findings;
  private List<FileSystemFacts> fileSystems = List.of();

  private GuestInspection(DiskInspection headers, BlockDevices devices) {
    this.headers = headers;
    this.devices = devices;
    this.findings = new ArrayList<>(headers.findings());
  }

  /**
   * Inspects a machine. What is wrong with it is a finding and never an exception.
   *
   * @param headers what the headers of its disks tell
   * @param devices its file systems
   * @throws IOException if reading fails, or the root file system is damaged
   */
  public static Inspection inspect(DiskInspection headers, BlockDevices devices)
      throws IOException {
    return new GuestInspection(headers, devices).run();
  }

  private Inspection run() throws IOException {
    fileSystems = devices.fileSystems();
    List<String> failed = devices.failedVolumeGroups();
    RootFinder finder = new RootFinder(devices);
    List<Mount> roots = finder.roots(fileSystems);
    List<String> windows = finder.windows(fileSystems);
    for (String device : finder.unmountable()) {
      tell(Severity.WARNING, ErrorCode.FILE_SYSTEM_UNKNOWN, "cannot be mounted: " + device);
    }
    if (roots.size() + windows.size() > 1) {
      List<String> all = new ArrayList<>(windows);
      roots.forEach(root -> all.add(root.device()));
      tell(
          Severity.ERROR,
          ErrorCode.OS_SEVERAL,
          "there are systems on " + String.join(", ", all.stream().sorted().toList()));
      return result(headers.firmware(), Optional.empty(), List.of());
    }
    if (roots.isEmpty()) {
      tellNoRoot(failed, windows);
      return result(headers.firmware(), Optional.empty(), List.of());
    }
    return linux(roots.getFirst(), failed);
  }

  private Inspection linux(Mount root, List<String> failed) throws IOException {
    MountPlan plan = new MountPlan(headers, fileSystems, root);
    GuestReader looking = new GuestReader(devices.mount(List.of(root)));
    List<Mount> mounts = plan.make(looking);
    findings.addAll(plan.findings());
    for (String group : failed) {
      tell(plan.volumeMissing() ? Severity.ERROR : Severity.WARNING, ErrorCode.LVM_FAILED, group);
    }
    GuestFiles files = devices.mount(mounts);
    fileSystems = fileSystems.stream().map(fs -> mounted(fs, mounts)).toList();
    LinuxInspection.Result found = LinuxInspection.inspect(files, root, headers.firmware());
    findings.addAll(found.findings());
    LinuxFacts facts = found.facts();
    LinuxChecks checks = new LinuxChecks(facts, mounts, fileSystems);
    Firmware firmware =
        checks.firmware(new GuestReader(files), headers.firmware(), plan.efiSystemPartition());
    findings.addAll(checks.findings());
    for (Mount mount : mounts) {
      checks.space(mount, devices.space(mount.mountPoint())).ifPresent(findings::add);
    }
    return result(firmware, Optional.of(facts), mounts);
  }

  private void tellNoRoot(List<String> failed, List<String> windows) {
    List<String> encrypted =
        fileSystems.stream()
            .filter(fs -> fs.type().equals("crypto_LUKS"))
            .map(FileSystemFacts::device)
            .toList();
    if (!windows.isEmpty()) {
      tell(
          Severity.WARNING,
          ErrorCode.OS_NOT_MODIFIED,
          "%s holds Windows".formatted(windows.getFirst()));
    } else if (!failed.isEmpty()) {
      failed.forEach(group -> tell(Severity.ERROR, ErrorCode.LVM_FAILED, group));
    } else if (!encrypted.isEmpty()) {
      tell(
          Severity.ERROR,
          ErrorCode.DISK_ENCRYPTED,
          "no system can be seen, and %s is encrypted by LUKS"
              .formatted(String.join(", ", encrypted)));
    } else if (findings.stream().noneMatch(GuestInspection::explainsNoRoot)) {
      tell(
          Severity.ERROR,
          ErrorCode.OS_NOT_FOUND,
          "none of %d file systems has /etc, /bin and /etc/fstab or /etc/hosts, or a Windows"
                  .formatted(fileSystems.size())
              + " directory");
    }
  }

  private static boolean explainsNoRoot(Finding finding) {
    return finding.severity() == Severity.ERROR
        && (finding.code() == ErrorCode.PARTITION_NONE
            || finding.code() == ErrorCode.DISK_ENCRYPTED
            || finding.code() == ErrorCode.DISK_DYNAMIC_UNSUPPORTED);
  }

  private static FileSystemFacts mounted(FileSystemFacts fs, List<Mount> mounts) {
    Optional<String> where =
        mounts.stream()
            .filter(mount -> mount.device().equals(fs.device()))
            .map(Mount::mountPoint)
            .findFirst();
    return new FileSystemFacts(
        fs.device(),
        fs.type(),
        fs.disk(),
        fs.partition(),
        fs.uuid(),
        fs.label(),
        fs.partitionUuid(),
        fs.subvolumes(),
        where);
  }

  private Inspection result(
      Firmware firmware, Optional<OperatingSystem> system, List<Mount> mounts) {
    // Where the fstab does not tell where /boot is, that it holds no kernel is no news.
    boolean blind =
        findings.stream()
            .anyMatch(
                finding ->
                    finding.code() == ErrorCode.FSTAB_UNREADABLE
                        && finding.severity() == Severity.ERROR);
    List<Finding> sorted =
        findings.stream()
            .filter(finding -> !blind || finding.code() != ErrorCode.KERNEL_NOT_FOUND)
            .distinct()
            .sorted(Comparator.comparing(Finding::severity))
            .toList();
    return new Inspection(headers.disks(), fileSystems, firmware, system, mounts, sorted);
  }

  private void tell(Severity severity, ErrorCode code, String detail) {
    findings.add(new Finding(severity, code, GuestReader.printable(detail)));
  }
}
