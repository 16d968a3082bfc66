package io.vmferry.guest;

import java.util.Map;
import java.util.Optional;

/**
 * A kernel a Linux guest may boot.
 *
 * @param version its release as {@code uname -r} says, and the name of its directory of modules
 * @param image the path of its image: {@code /boot/vmlinuz-6.1.0-18-amd64}
 * @param initramfs the path of its initramfs; empty if it has none
 * @param modules the directory of its modules, links resolved: {@code /usr/lib/modules/VERSION};
 *     empty if there is none
 * @param drivers for each driver EC2 may need, how the kernel has it
 */
public record Kernel(
    String version,
    String image,
    Optional<String> initramfs,
    Optional<String> modules,
    Map<Driver, Presence> drivers) {

  /** Whether it has a driver in any way. */
  public boolean has(Driver driver) {
    return drivers.getOrDefault(driver, Presence.ABSENT) != Presence.ABSENT;
  }

  /** Whether it can drive the disks of at least one kind of EC2 instance. */
  public boolean canBootOnEc2() {
    return has(Driver.NVME) || has(Driver.XEN_BLKFRONT);
  }

  /** The drivers EC2 may need, by the kernel's names of them. */
  public enum Driver {
    /** Block devices of Nitro instances. */
    NVME("nvme"),
    /** Network of Nitro instances. */
    ENA("ena"),
    /** Block devices of Xen instances. */
    XEN_BLKFRONT("xen-blkfront"),
    /** Network of Xen instances. */
    XEN_NETFRONT("xen-netfront");

    private final String module;

    Driver(String module) {
      this.module = module;
    }

    /** The module's name, with hyphens. */
    public String module() {
      return module;
    }
  }

  /** How a kernel has a driver. */
  public enum Presence {
    /** Compiled in. */
    BUILT_IN,
    /** A module that its initramfs holds. */
    MODULE_IN_INITRAMFS,
    /** A module that is not in its initramfs, or in one that could not be read. */
    MODULE,
    /** Not at all. */
    ABSENT
  }
}
