package io.vmferry.guest;

import java.util.List;

/**
 * What inspection finds out about a machine. Serialises to JSON as it is.
 *
 * @param disks its disks in their order
 * @param fileSystems what lies in their partitions and volumes
 * @param firmware what can boot it
 * @param system its operating system
 */
public record GuestFacts(
    List<DiskFacts> disks,
    List<FileSystemFacts> fileSystems,
    Firmware firmware,
    OperatingSystem system) {}
