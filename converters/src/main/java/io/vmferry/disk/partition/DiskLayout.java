package io.vmferry.disk.partition;

import io.vmferry.guest.DiskFacts;
import io.vmferry.guest.Firmware;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A disk's partitions and what its first sector says about booting.
 *
 * @param facts the partitions
 * @param sectorBytes what the table counts in: 512 or 4096
 * @param bootCode the program in the master boot record
 * @param dynamic whether it is a dynamic disk of Windows (LDM), whose volumes are not its
 *     partitions
 * @param hybrid whether a GPT's master boot record names partitions besides the protective one
 * @param damages what is wrong with the table though it could be read, without final full stops
 */
public record DiskLayout(
    DiskFacts facts,
    int sectorBytes,
    BootCode bootCode,
    boolean dynamic,
    boolean hybrid,
    List<String> damages) {
  /** The type of a GPT's EFI system partition. */
  public static final String EFI_SYSTEM = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B";

  /** The type of a GPT's BIOS boot partition, where GRUB 2 keeps its core for a BIOS. */
  public static final String BIOS_BOOT = "21686148-6449-6E6F-744E-656564454649";

  private static final String EFI_SYSTEM_MBR = "ef";
  private static final Set<String> EXTENDED = Set.of("05", "0f", "85");

  /** The programs in master boot records. */
  public enum BootCode {
    /** No program. */
    NONE,
    /** GRUB, legacy or 2: its first stage. */
    GRUB,
    /** LILO. */
    LILO,
    /** Syslinux, or the like that boots the active partition. */
    SYSLINUX,
    /** Windows: it boots the active partition. */
    WINDOWS,
    /** Another one. */
    OTHER;

    /** Whether it hands over to the boot sector of the active partition. */
    public boolean needsActivePartition() {
      return this == SYSLINUX || this == WINDOWS;
    }
  }

  /** Whether it has an EFI system partition, on a GPT or an MBR. */
  public boolean hasEfiSystemPartition() {
    return has(EFI_SYSTEM) || (isMbr() && has(EFI_SYSTEM_MBR));
  }

  /** Whether it has a GPT's BIOS boot partition. */
  public boolean hasBiosBootPartition() {
    return has(BIOS_BOOT);
  }

  /**
   * What may boot the disk as far as its table tells: UEFI with an EFI system partition, a BIOS
   * with a BIOS boot partition, or boot code that finds what it needs. Installers put boot code on
   * GPT disks that boot through UEFI alone, so there only GRUB with a BIOS boot partition, a legacy
   * bootable partition or none of UEFI's counts.
   */
  public Firmware firmware() {
    boolean uefi = hasEfiSystemPartition();
    boolean active = facts.partitions().stream().anyMatch(DiskFacts.Partition::active);
    boolean bios =
        bootCode != BootCode.NONE
            && switch (facts.table()) {
              case MBR -> !bootCode.needsActivePartition() || active;
              case GPT ->
                  bootCode == BootCode.GRUB ? hasBiosBootPartition() || !uefi : active || hybrid;
              case NONE -> bootCode == BootCode.GRUB || bootCode == BootCode.LILO;
            };
    if (bios) {
      return uefi ? Firmware.BIOS_AND_UEFI : Firmware.BIOS;
    }
    return uefi ? Firmware.UEFI : Firmware.NONE;
  }

  /** The partitions that can hold something, without the extended one. */
  public List<DiskFacts.Partition> contentPartitions() {
    return facts.partitions().stream()
        .filter(partition -> !isMbr() || !EXTENDED.contains(partition.type()))
        .toList();
  }

  private boolean isMbr() {
    return facts.table() == DiskFacts.PartitionTable.MBR;
  }

  private boolean has(String type) {
    return facts.partitions().stream()
        .anyMatch(
            partition ->
                partition.type().toUpperCase(Locale.ROOT).equals(type.toUpperCase(Locale.ROOT)));
  }
}
