package io.vmferry.guest;

import io.vmferry.guest.Kernel.Driver;
import java.util.List;
import java.util.Optional;

/**
 * What an AMI says of the machine in it, for EC2 to choose fitting instances and firmware. Follows
 * from inspection alone.
 *
 * @param architecture as RegisterImage's Architecture: {@code x86_64}, {@code arm64}, {@code i386};
 *     empty where EC2 has no such instances
 * @param bootMode as RegisterImage's BootMode: {@code legacy-bios}, {@code uefi}, {@code
 *     uefi-preferred}; empty if nothing can boot the machine
 * @param enaSupport whether the kernel that boots by default has a driver for ENA; an AMI that
 *     claims so wrongly has no network on Nitro instances
 * @param rootDeviceName the root volume's device name
 */
public record AmiTraits(
    Optional<String> architecture,
    Optional<String> bootMode,
    boolean enaSupport,
    String rootDeviceName) {
  private static final String ROOT_DEVICE = "/dev/sda1";

  /** The traits of a machine. */
  public static AmiTraits of(GuestFacts facts) {
    return new AmiTraits(
        architecture(facts.system().architecture()),
        bootMode(facts),
        switch (facts.system()) {
          case LinuxFacts linux -> hasEna(linux);
        },
        ROOT_DEVICE);
  }

  private static Optional<String> architecture(Architecture architecture) {
    return switch (architecture) {
      case X86_64 -> Optional.of("x86_64");
      case ARM64 -> Optional.of("arm64");
      case I386 -> Optional.of("i386");
      case OTHER -> Optional.empty();
    };
  }

  /** Instances with Arm processors have UEFI only. */
  private static Optional<String> bootMode(GuestFacts facts) {
    boolean arm = facts.system().architecture() == Architecture.ARM64;
    return switch (facts.firmware()) {
      case BIOS -> arm ? Optional.empty() : Optional.of("legacy-bios");
      case UEFI -> Optional.of("uefi");
      case BIOS_AND_UEFI -> Optional.of(arm ? "uefi" : "uefi-preferred");
      case NONE -> Optional.empty();
    };
  }

  private static boolean hasEna(LinuxFacts linux) {
    // Where the kernel that boots cannot be told, it may be any.
    List<Kernel> booting = linux.kernelOnEc2().map(List::of).orElse(linux.kernels());
    return !booting.isEmpty() && booting.stream().allMatch(kernel -> kernel.has(Driver.ENA));
  }
}
