package io.vmferry.guest.inspect;

import io.vmferry.guest.FileSystemFacts;
import io.vmferry.guest.GuestFiles;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * A machine's block devices and the file systems in them, seen by something that can mount them.
 * Nothing is ever written.
 */
public interface BlockDevices {

  /**
   * What lies in the partitions, in whole disks without any, and in the logical volumes and arrays
   * that activate. Mount points are empty. Includes what cannot be mounted: swap space, physical
   * volumes, encrypted volumes, and content that is not known, with an empty type.
   */
  List<FileSystemFacts> fileSystems() throws IOException;

  /**
   * The volume groups that did not activate, or only in part, each as a sentence that names it,
   * without a final full stop.
   */
  List<String> failedVolumeGroups() throws IOException;

  /**
   * The subvolume a Btrfs file system mounts where none is asked for, without a leading slash;
   * empty if that is its top level.
   */
  Optional<String> defaultSubvolume(String device) throws IOException;

  /**
   * Mounts file systems read-only, in this order, in place of all that were mounted before: files
   * returned earlier may no longer be read. A mount point that is not a directory of what is
   * mounted above it is left out.
   *
   * @throws io.vmferry.error.VmferryException {@link
   *     io.vmferry.error.ErrorCode#GUEST_FILE_UNREADABLE} if the first of them cannot be mounted
   * @throws IOException if reading fails
   */
  GuestFiles mount(List<Mount> mounts) throws IOException;

  /** What is free on the file system mounted at a mount point of the last {@link #mount}. */
  Space space(String mountPoint) throws IOException;

  /**
   * Free space.
   *
   * @param bytes free bytes for root
   * @param inodes free inodes; {@link Long#MAX_VALUE} where the file system has no fixed number
   */
  record Space(long bytes, long inodes) {}
}
