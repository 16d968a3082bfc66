package io.vmferry.guest;

import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A Linux guest.
 *
 * @param distribution which it is
 * @param architecture the processor it runs on
 * @param rootDevice the appliance's name of the root file system's device
 * @param rootSubvolume the Btrfs subvolume that is the root; empty if there is none
 * @param kernels the kernels it may boot, the newest first
 * @param bootLoader what boots them
 * @param networkSystems what configures its network; empty if nothing was found
 * @param packageFormat {@code deb}, {@code rpm}; empty if neither
 * @param systemd whether systemd is its init
 * @param selinux whether SELinux is enabled
 * @param hypervisorTools the guest tools found, by their package's or program's name
 */
public record LinuxFacts(
    Distribution distribution,
    Architecture architecture,
    String rootDevice,
    Optional<String> rootSubvolume,
    List<Kernel> kernels,
    BootLoader bootLoader,
    Set<NetworkSystem> networkSystems,
    Optional<String> packageFormat,
    boolean systemd,
    boolean selinux,
    List<String> hypervisorTools)
    implements OperatingSystem {

  @Override
  public String name() {
    return distribution.name();
  }
}
