package io.vmferry.guest.linux.boot;

import io.vmferry.guest.Kernel;
import io.vmferry.guest.Kernel.Driver;
import io.vmferry.guest.Kernel.Presence;
import io.vmferry.guest.LinuxFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Which drivers of EC2's devices a guest's kernels have. */
final class Drivers {
  /** What kernels before the Xen drivers went upstream call them, and the device they hang on. */
  private static final List<String> OLD_XEN = List.of("xen-platform-pci", "xen-vbd", "xen-vnif");

  private Drivers() {}

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

  private static boolean isModule(Kernel kernel, Driver driver) {
    Presence presence = kernel.drivers().getOrDefault(driver, Presence.ABSENT);
    return presence == Presence.MODULE || presence == Presence.MODULE_IN_INITRAMFS;
  }
}
