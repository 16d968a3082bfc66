package io.vmferry.guest.linux.boot;

import io.vmferry.guest.Kernel;
import io.vmferry.guest.Kernel.Driver;
import io.vmferry.guest.Kernel.Presence;
import io.vmferry.guest.LinuxFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Which drivers of EC2's devices a guest's kernels have. */
final class Drivers {
  /** What kernels before the Xen drivers went upstream call them, and the device they hang on. */
  private static final List<String> OLD_XEN = List.of("xen-platform-pci", "xen-vbd", "xen-vnif");

  private Drivers() {}

  /** Whether a kernel can drive the disks of at least one kind of instance. */
  static boolean canBoot(Kernel kernel) {
    return has(kernel, Driver.NVME) || has(kernel, Driver.XEN_BLKFRONT);
  }

  /** Whether a kernel has a driver in any way. */
  static boolean has(Kernel kernel, Driver driver) {
    return kernel.drivers().getOrDefault(driver, Presence.ABSENT) != Presence.ABSENT;
  }

  /** The drivers that any of the guest's kernels has as a module, by their names. */
  static List<String> modulesOf(LinuxFacts linux) {
    return Stream.of(Driver.values())
        .filter(driver -> linux.kernels().stream().anyMatch(kernel -> isModule(kernel, driver)))
        .map(Driver::module)
        .toList();
  }

  /** The drivers a kernel has as modules that its initramfs lacks, by their names. */
  static List<String> missing(Kernel kernel, KernelModules modules) {
    List<String> missing = new ArrayList<>();
    for (Driver driver : Driver.values()) {
      if (kernel.drivers().getOrDefault(driver, Presence.ABSENT) == Presence.MODULE) {
        missing.add(driver.module());
      }
    }
    OLD_XEN.stream().filter(modules::has).forEach(missing::add);
    return missing;
  }

  /** Whether any driver of a kernel's is a module its initramfs lacks. */
  static boolean anyMissing(Kernel kernel) {
    return kernel.drivers().containsValue(Presence.MODULE);
  }

  /**
   * The kernel that is to boot: the default one if it can, else the newest that can.
   *
   * @return empty if none can
   */
  static Optional<Kernel> toBoot(LinuxFacts linux) {
    Optional<Kernel> byDefault = defaultKernel(linux);
    if (byDefault.filter(Drivers::canBoot).isPresent()) {
      return byDefault;
    }
    Optional<Kernel> nitro =
        linux.kernels().stream().filter(kernel -> has(kernel, Driver.NVME)).findFirst();
    return nitro.isPresent()
        ? nitro
        : linux.kernels().stream().filter(Drivers::canBoot).findFirst();
  }

  /** The kernel that boots by itself now; empty if that cannot be told. */
  static Optional<Kernel> defaultKernel(LinuxFacts linux) {
    return linux
        .bootLoader()
        .defaultKernel()
        .flatMap(
            version ->
                linux.kernels().stream()
                    .filter(kernel -> kernel.version().equals(version))
                    .findFirst());
  }

  private static boolean isModule(Kernel kernel, Driver driver) {
    Presence presence = kernel.drivers().getOrDefault(driver, Presence.ABSENT);
    return presence == Presence.MODULE || presence == Presence.MODULE_IN_INITRAMFS;
  }
}
