package io.vmferry.guest.appliance;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;

/**
 * How an appliance is run.
 *
 * @param temporaryDirectory where sockets, qemu's files and what is written to the disks go; its
 *     path may have about 50 bytes
 * @param cacheDirectory where libguestfs keeps the appliance it has built: some 400 MB; empty for
 *     its own choice, /var/tmp
 * @param fixedAppliance a directory with an appliance that was built before; empty to have it built
 *     of this machine's packages
 * @param memoryMib memory of the appliance, in MiB
 * @param kvm whether the hardware's virtualization may be used; without it, and where there is
 *     none, qemu emulates the processor
 * @param launchLimit how long the start may take, and building the appliance with it
 * @param callLimit how long any other step may take
 * @param maxOverlayBytes the most bytes of changes kept for a disk
 */
public record ApplianceOptions(
    Path temporaryDirectory,
    Optional<Path> cacheDirectory,
    Optional<Path> fixedAppliance,
    int memoryMib,
    boolean kvm,
    Duration launchLimit,
    Duration callLimit,
    long maxOverlayBytes) {

  /**
   * What serves unless something else is known: /tmp, an appliance built of this machine's packages
   * or the one the environment's LIBGUESTFS_PATH names, no KVM, 5 minutes for the start and for
   * each step, 4 GiB of changes.
   */
  public static ApplianceOptions defaults() {
    return new ApplianceOptions(
        Path.of(Objects.requireNonNullElse(System.getProperty("java.io.tmpdir"), "/tmp")),
        Optional.ofNullable(System.getenv("LIBGUESTFS_CACHEDIR")).map(Path::of),
        Optional.ofNullable(System.getenv("LIBGUESTFS_PATH")).map(Path::of),
        768,
        false,
        Duration.ofMinutes(5),
        Duration.ofMinutes(5),
        4L << 30);
  }

  /** The same with other limits of time. */
  public ApplianceOptions withLimits(Duration launch, Duration call) {
    return new ApplianceOptions(
        temporaryDirectory,
        cacheDirectory,
        fixedAppliance,
        memoryMib,
        kvm,
        launch,
        call,
        maxOverlayBytes);
  }
}
