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

  /** The kernel that boots by itself now; empty if that cannot be told. */
  public Optional<Kernel> defaultKernel() {
    return bootLoader
        .defaultKernel()
        .flatMap(
            version ->
                kernels.stream().filter(kernel -> kernel.version().equals(version)).findFirst());
  }

  /**
   * The kernel that boots by itself on EC2: the default one if it can, else the newest with NVMe,
   * else the newest with Xen's drivers, which the modifications make the default.
   *
   * @return empty if none can, or if the default cannot be told
   */
  public Optional<Kernel> kernelOnEc2() {
    Optional<Kernel> byDefault = defaultKernel();
    if (byDefault.isEmpty() || byDefault.get().canBootOnEc2()) {
      return byDefault;
    }
    return kernels.stream()
        .filter(kernel -> kernel.has(Kernel.Driver.NVME))
        .findFirst()
        .or(() -> kernels.stream().filter(Kernel::canBootOnEc2).findFirst());
  }
}
