package io.vmferry.guest.conversion;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.FileSystemFacts;
import io.vmferry.guest.GuestFiles;
import io.vmferry.guest.appliance.GuestAppliance;
import io.vmferry.guest.appliance.GuestAppliance.Access;
import io.vmferry.guest.inspect.BlockDevices;
import io.vmferry.guest.inspect.Mount;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The block devices of an appliance, for inspection. */
final class ApplianceDevices implements BlockDevices {
  private final GuestAppliance appliance;

  ApplianceDevices(GuestAppliance appliance) {
    this.appliance = appliance;
  }

  @Override
  public List<FileSystemFacts> fileSystems() throws IOException {
    return appliance.fileSystems();
  }

  @Override
  public List<String> failedVolumeGroups() throws IOException {
    return appliance.partialVolumeGroups().stream()
        .map("the volume group %s lacks a physical volume"::formatted)
        .toList();
  }

  @Override
  public Optional<String> defaultSubvolume(String device) throws IOException {
    return appliance.defaultSubvolume(device);
  }

  @Override
  public GuestFiles mount(List<Mount> mounts) throws IOException {
    mount(mounts, Access.READ);
    return appliance.files();
  }

  /**
   * Mounts file systems in place of those that were mounted before; one that cannot be mounted is
   * left out, but for the first.
   *
   * @return why those that were left out could not be mounted
   */
  List<String> mount(List<Mount> mounts, Access access) throws IOException {
    appliance.unmountAll();
    List<String> leftOut = new ArrayList<>();
    for (Mount mount : mounts) {
      Optional<String> failure =
          appliance.mount(mount.device(), mount.subvolume(), mount.mountPoint(), access);
      if (failure.isPresent() && mount.equals(mounts.getFirst())) {
        throw new VmferryException(
            ErrorCode.GUEST_FILE_UNREADABLE,
            "%s cannot be mounted: %s".formatted(mount.device(), failure.get()));
      }
      failure.ifPresent(
          why ->
              leftOut.add(
                  "%s cannot be mounted at %s: %s"
                      .formatted(mount.device(), mount.mountPoint(), why)));
    }
    return leftOut;
  }

  @Override
  public Space space(String mountPoint) throws IOException {
    GuestAppliance.Space space = appliance.space(mountPoint);
    // File systems that make inodes as they need them tell none at all.
    return new Space(space.bytes(), space.inodesInAll() == 0 ? Long.MAX_VALUE : space.inodes());
  }
}
