package io.vmferry.guest.linux.boot;

import io.vmferry.guest.GuestFiles;
import io.vmferry.guest.Kernel;
import io.vmferry.guest.Kernel.Driver;
import io.vmferry.guest.Kernel.Presence;
import io.vmferry.guest.LinuxFacts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The modules that are the drivers of EC2's devices in a guest's kernels. */
final class Drivers {
  /** The device that the Xen devices of kernels before they went upstream hang on. */
  private static final String XEN_PLATFORM = "xen-platform-pci";

  private static final String OLD_BLKFRONT = "xen-vbd";
  private static final String OLD_NETFRONT = "xen-vnif";

  private Drivers() {}

  /** The drivers that any of the guest's kernels has as a module, by their names there. */
  static List<String> modulesOf(GuestFiles files, LinuxFacts linux) throws IOException {
    Set<String> names = new LinkedHashSet<>();
    for (Kernel kernel : linux.kernels()) {
      if (kernel.modules().isPresent()) {
        KernelModules modules = KernelModules.read(files, kernel.modules().get());
        names.addAll(
            modules(kernel, modules, Set.of(Presence.MODULE, Presence.MODULE_IN_INITRAMFS)));
      }
    }
    return List.copyOf(names);
  }

  /** The drivers a kernel has as modules that its initramfs lacks, by their names. */
  static List<String> missing(Kernel kernel, KernelModules modules) {
    return modules(kernel, modules, Set.of(Presence.MODULE));
  }

  /** Whether any driver of a kernel's is a module its initramfs lacks. */
  static boolean anyMissing(Kernel kernel) {
    return kernel.drivers().containsValue(Presence.MODULE);
  }

  /** What a driver's module is called in a kernel. */
  static String moduleOf(Driver driver, KernelModules modules) {
    Optional<String> old =
        switch (driver) {
          case NVME, ENA -> Optional.empty();
          case XEN_BLKFRONT -> Optional.of(OLD_BLKFRONT);
          case XEN_NETFRONT -> Optional.of(OLD_NETFRONT);
        };
    return modules.has(driver.module())
        ? driver.module()
        : old.filter(modules::has).orElse(driver.module());
  }

  private static List<String> modules(
      Kernel kernel, KernelModules modules, Set<Presence> presences) {
    List<String> names = new ArrayList<>();
    for (Driver driver : Driver.values()) {
      if (presences.contains(kernel.drivers().getOrDefault(driver, Presence.ABSENT))) {
        names.add(moduleOf(driver, modules));
      }
    }
    boolean xen = names.stream().anyMatch(name -> name.startsWith("xen"));
    if (xen && modules.has(XEN_PLATFORM)) {
      names.add(XEN_PLATFORM);
    }
    return names;
  }
}
