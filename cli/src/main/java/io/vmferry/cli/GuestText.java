package io.vmferry.cli;

import io.vmferry.error.VmferryException;
import io.vmferry.guest.Change;
import io.vmferry.guest.DiskFacts;
import io.vmferry.guest.DiskFacts.Partition;
import io.vmferry.guest.FileSystemFacts;
import io.vmferry.guest.Finding;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.Kernel;
import io.vmferry.guest.LinuxFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.stream.Collectors;

/** Guests as text for people. */
final class GuestText {
  private static final int UNIT = 1024;

  private GuestText() {}

  /** Everything that is known of a guest. */
  static List<String> lines(GuestFacts facts) {
    List<String> lines = new ArrayList<>();
    lines.add("system    " + system(facts));
    lines.add("firmware  " + words(facts.firmware()));
    switch (facts.system()) {
      case LinuxFacts linux -> addLinux(linux, lines);
    }
    for (DiskFacts disk : facts.disks()) {
      lines.add(
          "disk %-4d %s, %s"
              .formatted(
                  disk.index(),
                  bytes(disk.bytes()),
                  disk.table() == DiskFacts.PartitionTable.NONE
                      ? "no partition table"
                      : disk.table().name()));
      fileSystems(facts, disk.index(), OptionalInt.empty()).forEach(lines::add);
      for (Partition partition : disk.partitions()) {
        lines.add(
            "  part %-3d %s at %s, type %s%s"
                .formatted(
                    partition.number(),
                    bytes(partition.bytes()),
                    bytes(partition.start()),
                    partition.type(),
                    partition.active() ? ", active" : ""));
        fileSystems(facts, disk.index(), OptionalInt.of(partition.number())).forEach(lines::add);
      }
    }
    for (FileSystemFacts fileSystem : facts.fileSystems()) {
      if (fileSystem.disk().isEmpty()) {
        lines.add("volume    " + fileSystem.device());
        lines.add(line(fileSystem));
      }
    }
    return lines.stream().map(GuestText::printable).toList();
  }

  /** The system in a line. */
  static String system(GuestFacts facts) {
    return printable(
        "%s, %s"
            .formatted(
                facts.system().name(),
                facts.system().architecture().name().toLowerCase(Locale.ROOT)));
  }

  /** A change as a line of a report. */
  static String line(Change change) {
    String what = change.path().map(path -> words(change.action()) + " " + path).orElse("note");
    return printable("%-22s %s: %s".formatted(change.modification(), what, change.summary()));
  }

  /** A finding as a line of a report. */
  static String line(Finding finding) {
    return printable(
        "%-9s %s: %s"
            .formatted(
                words(finding.severity()),
                finding.code(),
                new VmferryException(finding.code(), finding.detail()).getMessage()));
  }

  /** How many of a report's lines changed something. */
  static long count(List<Change> changes) {
    return changes.stream().filter(change -> change.action() != Change.Action.NOTE).count();
  }

  private static void addLinux(LinuxFacts linux, List<String> lines) {
    lines.add(
        "root      "
            + linux.rootDevice()
            + linux.rootSubvolume().map(name -> ", subvolume " + name).orElse(""));
    lines.add(
        "loader    %s%s%s"
            .formatted(
                words(linux.bootLoader().kind()),
                linux.bootLoader().configuration().map(path -> ", " + path).orElse(""),
                linux
                    .bootLoader()
                    .defaultKernel()
                    .map(version -> ", boots " + version)
                    .orElse("")));
    for (Kernel kernel : linux.kernels()) {
      lines.add("kernel    %s, %s".formatted(kernel.version(), kernel.image()));
      lines.add("  initramfs " + kernel.initramfs().orElse("none"));
      lines.add(
          "  drivers "
              + kernel.drivers().entrySet().stream()
                  .map(entry -> entry.getKey().module() + " " + words(entry.getValue()))
                  .sorted()
                  .collect(Collectors.joining(", ")));
    }
    lines.add(
        "network   "
            + (linux.networkSystems().isEmpty()
                ? "nothing that is known"
                : linux.networkSystems().stream()
                    .map(GuestText::words)
                    .sorted()
                    .collect(Collectors.joining(", "))));
    lines.add(
        "features  %s packages, %s, SELinux %s"
            .formatted(
                linux.packageFormat().orElse("no"),
                linux.systemd() ? "systemd" : "no systemd",
                linux.selinux() ? "on" : "off"));
    if (!linux.hypervisorTools().isEmpty()) {
      lines.add("tools     " + String.join(", ", linux.hypervisorTools()));
    }
  }

  private static List<String> fileSystems(GuestFacts facts, int disk, OptionalInt partition) {
    return facts.fileSystems().stream()
        .filter(f -> f.disk().equals(OptionalInt.of(disk)) && f.partition().equals(partition))
        .map(GuestText::line)
        .toList();
  }

  private static String line(FileSystemFacts fileSystem) {
    return "    %s%s%s%s"
        .formatted(
            fileSystem.type(),
            fileSystem.label().map(label -> " '" + label + "'").orElse(""),
            fileSystem.uuid().map(uuid -> " " + uuid).orElse(""),
            fileSystem.mountPoint().map(path -> " on " + path).orElse(""));
  }

  /** A guest's text, which must not move the cursor of the terminal it is shown on. */
  static String printable(String text) {
    return text.replaceAll("\\p{Cntrl}", "?");
  }

  private static String words(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }

  /** An amount of bytes in the largest unit that leaves a digit before the point. */
  static String bytes(long bytes) {
    List<String> units = List.of("B", "KiB", "MiB", "GiB", "TiB");
    double value = bytes;
    int unit = 0;
    while (value >= UNIT && unit < units.size() - 1) {
      value /= UNIT;
      unit++;
    }
    return value == Math.rint(value)
        ? "%.0f %s".formatted(value, units.get(unit))
        : "%.1f %s".formatted(value, units.get(unit));
  }
}
