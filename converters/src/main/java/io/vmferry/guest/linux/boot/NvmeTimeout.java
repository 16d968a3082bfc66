package io.vmferry.guest.linux.boot;

import io.vmferry.guest.GuestFiles;
import io.vmferry.guest.Kernel;
import io.vmferry.guest.Kernel.Driver;
import io.vmferry.guest.LinuxFacts;
import java.io.IOException;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The kernel parameter that keeps a root volume from failing when EBS answers late. A value too
 * large for a kernel's parameter keeps the driver from loading, so where kernels share a command
 * line the value is one that all of them take. In the order of what is taken by ever older kernels.
 */
enum NvmeTimeout {
  /** Kernels since 4.15: an unsigned int. */
  LONG("nvme_core.io_timeout=4294967295"),
  /** Older ones with a module nvme-core: a byte. */
  BYTE("nvme_core.io_timeout=254"),
  /** Kernels before 4.6, where it is the module nvme's. */
  BEFORE_CORE("nvme.io_timeout=254"),
  /** Kernels before 3.16 had no such parameter, or no NVMe. */
  NONE("");

  private static final Pattern VERSION = Pattern.compile("(\\d{1,3})\\.(\\d{1,4}).*");

  private final String parameter;

  NvmeTimeout(String parameter) {
    this.parameter = parameter;
  }

  /** The parameter; empty for none. */
  String parameter() {
    return parameter;
  }

  /**
   * What a command line gets.
   *
   * @param version the kernel it is for; empty if it is for all
   */
  static NvmeTimeout of(GuestFiles files, LinuxFacts linux, Optional<String> version)
      throws IOException {
    NvmeTimeout oldest = LONG;
    boolean any = false;
    for (Kernel kernel : linux.kernels()) {
      // A rescue kernel has no number; it is one of the others under another name.
      boolean numbered = VERSION.matcher(kernel.version()).matches();
      boolean concerned = numbered && (version.isEmpty() || version.get().equals(kernel.version()));
      if (concerned && kernel.has(Driver.NVME)) {
        any = true;
        NvmeTimeout one = of(files, kernel);
        oldest = one.compareTo(oldest) > 0 ? one : oldest;
      }
    }
    return any ? oldest : NONE;
  }

  private static NvmeTimeout of(GuestFiles files, Kernel kernel) throws IOException {
    Matcher matcher = VERSION.matcher(kernel.version());
    if (!matcher.matches()) {
      return NONE;
    }
    int number = Integer.parseInt(matcher.group(1)) * 10_000 + Integer.parseInt(matcher.group(2));
    if (number >= 40_015) {
      return LONG;
    }
    if (number >= 40_006 || hasCore(files, kernel)) {
      return BYTE;
    }
    return number >= 30_016 ? BEFORE_CORE : NONE;
  }

  /** Distributions took nvme-core back to older kernels. */
  private static boolean hasCore(GuestFiles files, Kernel kernel) throws IOException {
    return kernel.modules().isPresent()
        && KernelModules.read(files, kernel.modules().get()).has("nvme-core");
  }
}
