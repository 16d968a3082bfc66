package io.vmferry.disk.filesystem;

import io.vmferry.disk.DiskImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/**
 * Tells what lies in a partition by the superblocks' magic numbers, from 68 KiB at its start and 72
 * KiB at its end. It tells, it does not check: a file system with a good superblock may be damaged.
 */
public final class ContentProbe {
  /** Up to the end of the superblock that lies furthest from the start, Btrfs's. */
  private static final int HEAD = 0x11000;

  /**
   * What lies around others' superblocks is asked for first: RAID and encryption before content.
   */
  private static final List<Function<Region, Optional<Content>>> PROBES =
      List.of(
          VolumeSuperblocks::luks,
          VolumeSuperblocks::raid,
          VolumeSuperblocks::lvm,
          VolumeSuperblocks::bitLocker,
          LinuxSuperblocks::btrfs,
          LinuxSuperblocks::xfs,
          LinuxSuperblocks::swap,
          LinuxSuperblocks::ext,
          LinuxSuperblocks::reiser,
          LinuxSuperblocks::jfs,
          OtherSuperblocks::ntfs,
          OtherSuperblocks::exfat,
          OtherSuperblocks::iso9660,
          OtherSuperblocks::fat);

  private ContentProbe() {}

  /**
   * Looks at a range of a disk.
   *
   * @param start its first byte
   * @param bytes its length; the range must be inside the disk
   * @return what it holds; empty if nothing is recognised
   * @throws io.vmferry.error.VmferryException if the image is damaged
   * @throws IOException if the image cannot be read
   */
  public static Optional<Content> probe(DiskImage disk, long start, long bytes) throws IOException {
    disk.checkRange(start, bytes);
    int head = (int) Math.min(HEAD, bytes);
    int tail = (int) Math.min(Region.TAIL, bytes);
    Region region =
        new Region(
            read(disk, start, head), read(disk, start + bytes - tail, tail), bytes - tail, bytes);
    return PROBES.stream().flatMap(probe -> probe.apply(region).stream()).findFirst();
  }

  private static ByteBuffer read(DiskImage disk, long offset, int length) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    disk.readFully(offset, buffer);
    return buffer.flip();
  }
}
