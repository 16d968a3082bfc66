package io.vmferry.guest;

import java.util.List;
import java.util.Optional;

/**
 * A disk's partitions.
 *
 * @param index the disk's place among the machine's, from 0
 * @param bytes its size
 * @param table the kind of its partition table
 * @param partitions its partitions by number
 */
public record DiskFacts(int index, long bytes, PartitionTable table, List<Partition> partitions) {

  /** The kinds of partition tables. */
  public enum PartitionTable {
    /** A master boot record. */
    MBR,
    /** A GUID partition table. */
    GPT,
    /** None: the disk is empty, or one file system as a whole. */
    NONE
  }

  /**
   * A partition.
   *
   * @param number as Linux counts: 1 to 4 primary and 5 on logical for an MBR
   * @param start first byte
   * @param bytes length
   * @param type for an MBR two hexadecimal digits ({@code 83}); for GPT the type's GUID in capitals
   * @param active whether an MBR marks it bootable, or a GPT as legacy-BIOS bootable
   * @param uuid what Linux calls PARTUUID, in lower case; empty for an MBR without a signature
   */
  public record Partition(
      int number, long start, long bytes, String type, boolean active, Optional<String> uuid) {}
}
