package io.vmferry.guest.inspect;

import java.util.Optional;

/**
 * A file system in a guest's tree.
 *
 * @param device the appliance's name of the device
 * @param subvolume the Btrfs subvolume to mount, without a leading slash; empty for the default
 *     one, and for other file systems
 * @param mountPoint where: an absolute, normal path
 */
public record Mount(String device, Optional<String> subvolume, String mountPoint) {

  /** A device as a whole, for a look at it. */
  public static Mount root(String device) {
    return new Mount(device, Optional.empty(), "/");
  }
}
