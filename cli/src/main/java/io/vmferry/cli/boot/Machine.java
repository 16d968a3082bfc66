package io.vmferry.cli.boot;

import java.nio.file.Path;
import java.util.List;

/**
 * A machine as EC2 presents one of its Nitro kind: disks on NVMe controllers, one network card.
 *
 * @param firmware what it starts by
 * @param disks the root disk first
 * @param networkCard the model of its card
 * @param memoryMib its memory in MiB
 * @param cpus how many processors it has
 */
public record Machine(
    Firmware firmware, List<Disk> disks, NetworkCard networkCard, int memoryMib, int cpus) {

  /**
   * A disk.
   *
   * @param file its content, raw; the machine writes to it
   * @param serial what its controller says: the volume's id without its dash, as on EC2
   */
  public record Disk(Path file, String serial) {

    /** The serial number of a volume made from a snapshot: one that is the same at every boot. */
    public static String serialOf(String snapshotId) {
      String digits = snapshotId.replaceFirst("^snap-", "").replaceAll("[^0-9a-f]", "0");
      return "vol" + "%17s".formatted(digits).replace(' ', '0').substring(0, 17);
    }
  }
}
