package io.vmferry.disk.ova;

import java.util.Optional;
import java.util.OptionalLong;

/**
 * A disk of a virtual machine.
 *
 * @param diskId the disk's id in the OVF
 * @param fileName the name of the file that holds its image; empty if the disk is a new, empty one
 * @param capacity the disk's size in bytes as the OVF has it; empty if the OVF has none that can be
 *     understood. Often wrong: the image's own size is the true one
 * @param controller the kind of controller the disk is attached to
 * @param controllerIndex which of the machine's controllers of that kind, from 0; −1 if the OVF
 *     names none
 * @param addressOnParent the disk's place on its controller, from 0; −1 if the OVF gives none
 * @param formatUri the URI by which the OVF names the image's format
 */
public record OvfDisk(
    String diskId,
    Optional<String> fileName,
    OptionalLong capacity,
    Controller controller,
    int controllerIndex,
    int addressOnParent,
    Optional<String> formatUri) {

  /** What a disk is attached to. */
  public enum Controller {
    /** Parallel ATA. */
    IDE,
    /** SCSI of any kind: parallel, serial attached, Fibre Channel, paravirtual. */
    SCSI,
    /** Serial ATA. */
    SATA,
    /** NVM Express. */
    NVME,
    /** A controller the OVF does not name, or none at all. */
    NONE
  }

  OvfDisk withFileName(String other) {
    return new OvfDisk(
        diskId,
        Optional.of(other),
        capacity,
        controller,
        controllerIndex,
        addressOnParent,
        formatUri);
  }
}
