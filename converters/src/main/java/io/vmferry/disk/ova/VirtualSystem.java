package io.vmferry.disk.ova;

import java.util.List;
import java.util.Optional;

/**
 * A virtual machine as an OVF describes it.
 *
 * @param name its name, for display; never empty
 * @param disks its disks in the order of the devices they are attached to, so that the first is the
 *     one the machine boots from; disks that are attached to no device come last
 * @param firmware the firmware it boots with; empty if the OVF does not say, which means BIOS with
 *     every hypervisor that writes OVF
 * @param secureBoot whether the OVF asks for secure boot
 * @param tpm whether the machine has a trusted platform module
 */
public record VirtualSystem(
    String name,
    List<OvfDisk> disks,
    Optional<Firmware> firmware,
    boolean secureBoot,
    boolean tpm) {

  /** What a machine boots with. */
  public enum Firmware {
    /** The PC's BIOS. */
    BIOS,
    /** UEFI. */
    EFI
  }

  /** Copies the list of disks. */
  public VirtualSystem {
    disks = List.copyOf(disks);
  }

  VirtualSystem withDisks(List<OvfDisk> others) {
    return new VirtualSystem(name, others, firmware, secureBoot, tpm);
  }
}
