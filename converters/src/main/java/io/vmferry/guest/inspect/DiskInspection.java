package io.vmferry.guest.inspect;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.filesystem.Content;
import io.vmferry.disk.filesystem.ContentProbe;
import io.vmferry.disk.partition.DiskLayout;
import io.vmferry.disk.partition.PartitionTableReader;
import io.vmferry.error.ErrorCode;
import io.vmferry.guest.DiskFacts;
import io.vmferry.guest.FileSystemFacts;
import io.vmferry.guest.Finding;
import io.vmferry.guest.Finding.Severity;
import io.vmferry.guest.Firmware;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What the headers of a machine's disks tell: partitions and what lies in them, without mounting
 * anything. Reads some 140 KiB a partition.
 *
 * @param layouts the disks' partition tables, in the machine's order
 * @param contents what lies in the partitions, or in whole disks; devices are named {@code
 *     /dev/sda1} by their order; a type that is not known is empty. Nothing that lies in volume
 *     groups, arrays or encrypted volumes is here
 */
public record DiskInspection(List<DiskLayout> layouts, List<FileSystemFacts> contents) {
  /** Types of partitions that hold no file system: BIOS boot, Microsoft reserved, PReP. */
  private static final Set<String> WITHOUT_CONTENT =
      Set.of(
          DiskLayout.BIOS_BOOT,
          "E3C9E316-0B5C-4DB8-817D-F92DF00215AE",
          "9E1A2D38-C612-4316-AA26-8B49521E5A8B",
          "41");

  /**
   * Looks at a machine's disks.
   *
   * @param disks in the machine's order, at most 21
   * @throws io.vmferry.error.VmferryException {@link ErrorCode#PARTITION_TABLE_INVALID}, or if an
   *     image is damaged
   * @throws IOException if an image cannot be read
   */
  public static DiskInspection read(List<? extends DiskImage> disks) throws IOException {
    List<DiskLayout> layouts = new ArrayList<>();
    List<FileSystemFacts> contents = new ArrayList<>();
    for (int i = 0; i < disks.size(); i++) {
      DiskImage disk = disks.get(i);
      DiskLayout layout = PartitionTableReader.read(i, disk);
      layouts.add(layout);
      String device = "/dev/sd" + (char) ('a' + i);
      if (layout.facts().table() == DiskFacts.PartitionTable.NONE) {
        ContentProbe.probe(disk, 0, disk.virtualSize())
            .ifPresent(
                content ->
                    contents.add(
                        facts(
                            device,
                            layout,
                            OptionalInt.empty(),
                            Optional.of(content),
                            Optional.empty())));
      }
      for (DiskFacts.Partition partition : layout.contentPartitions()) {
        contents.add(
            facts(
                device + partition.number(),
                layout,
                OptionalInt.of(partition.number()),
                ContentProbe.probe(disk, partition.start(), partition.bytes()),
                partition.uuid()));
      }
    }
    return new DiskInspection(List.copyOf(layouts), List.copyOf(contents));
  }

  /** The disks' facts. */
  public List<DiskFacts> disks() {
    return layouts.stream().map(DiskLayout::facts).toList();
  }

  /** What may boot the first disk, by its headers. */
  public Firmware firmware() {
    return layouts.isEmpty() ? Firmware.NONE : layouts.getFirst().firmware();
  }

  /** What the headers alone tell of an import's failing. */
  public List<Finding> findings() {
    List<Finding> findings = new ArrayList<>();
    for (DiskLayout layout : layouts) {
      int index = layout.facts().index();
      for (String damage : layout.damages()) {
        findings.add(
            new Finding(
                Severity.WARNING,
                ErrorCode.PARTITION_TABLE_DAMAGED,
                "disk %d: %s".formatted(index, damage)));
      }
      if (layout.dynamic()) {
        findings.add(
            new Finding(
                index == 0 ? Severity.ERROR : Severity.WARNING,
                ErrorCode.DISK_DYNAMIC_UNSUPPORTED,
                "disk %d has a partition of a dynamic disk".formatted(index)));
      }
    }
    bootable().ifPresent(findings::add);
    for (FileSystemFacts content : contents) {
      if (content.type().equals("BitLocker")) {
        findings.add(
            new Finding(
                Severity.ERROR,
                ErrorCode.DISK_ENCRYPTED,
                "%s is encrypted by BitLocker".formatted(content.device())));
      } else if (content.type().isEmpty() && !isWithoutContent(content)) {
        findings.add(
            new Finding(
                Severity.NOTE,
                ErrorCode.FILE_SYSTEM_UNKNOWN,
                "%s holds nothing that is known".formatted(content.device())));
      }
    }
    return List.copyOf(findings);
  }

  private Optional<Finding> bootable() {
    if (layouts.isEmpty() || firmware() != Firmware.NONE) {
      return Optional.empty();
    }
    DiskLayout first = layouts.getFirst();
    if (first.contentPartitions().isEmpty()) {
      return Optional.of(
          new Finding(
              Severity.ERROR,
              ErrorCode.PARTITION_NONE,
              contents.stream()
                  .filter(content -> content.disk().equals(OptionalInt.of(0)))
                  .findFirst()
                  .map(
                      content -> "the first disk is one file system (%s)".formatted(content.type()))
                  .orElse("the first disk has no partition")));
    }
    return Optional.of(
        new Finding(
            Severity.ERROR,
            ErrorCode.PARTITION_NOT_BOOTABLE,
            "the first disk has %d partitions, boot code: %s, an active partition: %s, an EFI system partition: no"
                .formatted(
                    first.contentPartitions().size(),
                    first.bootCode(),
                    first.facts().partitions().stream().anyMatch(DiskFacts.Partition::active)
                        ? "yes"
                        : "no")));
  }

  private boolean isWithoutContent(FileSystemFacts content) {
    return layouts.stream()
        .filter(layout -> content.disk().equals(OptionalInt.of(layout.facts().index())))
        .flatMap(layout -> layout.facts().partitions().stream())
        .anyMatch(
            partition ->
                content.partition().equals(OptionalInt.of(partition.number()))
                    && WITHOUT_CONTENT.contains(partition.type()));
  }

  private static FileSystemFacts facts(
      String device,
      DiskLayout layout,
      OptionalInt partition,
      Optional<Content> content,
      Optional<String> partitionUuid) {
    return new FileSystemFacts(
        device,
        content.map(Content::type).orElse(""),
        OptionalInt.of(layout.facts().index()),
        partition,
        content.flatMap(Content::uuid),
        content.flatMap(Content::label),
        partitionUuid,
        List.of(),
        Optional.empty());
  }
}
