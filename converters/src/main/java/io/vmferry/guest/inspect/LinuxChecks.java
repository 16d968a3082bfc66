package io.vmferry.guest.inspect;

import io.vmferry.error.ErrorCode;
import io.vmferry.guest.Architecture;
import io.vmferry.guest.FileSystemFacts;
import io.vmferry.guest.Finding;
import io.vmferry.guest.Finding.Severity;
import io.vmferry.guest.Firmware;
import io.vmferry.guest.Kernel;
import io.vmferry.guest.Kernel.Driver;
import io.vmferry.guest.Kernel.Presence;
import io.vmferry.guest.LinuxFacts;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/** What would keep a Linux guest from running on EC2, by its facts. */
final class LinuxChecks {
  private static final long MB = 1_000_000;
  private static final long ROOT_BYTES = 100 * MB;
  private static final long BOOT_BYTES = 50 * MB;
  private static final long OTHER_BYTES = 10 * MB;
  private static final long INODES = 100;

  /** Programs that manage a physical machine's hardware, left behind by a conversion. */
  private static final List<String> PHYSICAL =
      List.of(
          "/opt/dell/srvadmin",
          "/opt/hp/hp-health",
          "/sbin/hpasmcli",
          "/opt/MegaRAID",
          "/usr/StorMan",
          "/etc/vmware-converter");

  private final LinuxFacts facts;
  private final List<Mount> mounts;
  private final List<FileSystemFacts> fileSystems;
  private final List<Finding> found = new ArrayList<>();

  LinuxChecks(LinuxFacts facts, List<Mount> mounts, List<FileSystemFacts> fileSystems) {
    this.facts = facts;
    this.mounts = mounts;
    this.fileSystems = fileSystems;
  }

  /** What was found, by the facts and by what the other methods saw. */
  List<Finding> findings() {
    architecture();
    kernels();
    encrypted();
    rootDisk();
    if (!facts.hypervisorTools().isEmpty()) {
      tell(
          Severity.NOTE,
          ErrorCode.HYPERVISOR_TOOLS_FOUND,
          "installed: " + String.join(", ", facts.hypervisorTools()));
    }
    return List.copyOf(found);
  }

  /**
   * What can boot the guest, its ESP looked into: one without a loader boots nothing.
   *
   * @param headers what the disk's headers say
   * @param esp the EFI system partition
   */
  Firmware firmware(GuestReader reader, Firmware headers, Optional<FileSystemFacts> esp)
      throws IOException {
    physical(reader);
    Optional<String> place =
        esp.flatMap(
            fs ->
                mounts.stream()
                    .filter(mount -> mount.device().equals(fs.device()))
                    .map(Mount::mountPoint)
                    .findFirst());
    boolean uefi = headers == Firmware.UEFI || headers == Firmware.BIOS_AND_UEFI;
    if (!uefi || place.isEmpty()) {
      return headers;
    }
    String name = facts.architecture() == Architecture.ARM64 ? "BOOTAA64.EFI" : "BOOTX64.EFI";
    if (CaseInsensitive.find(reader, place.get(), "EFI", "BOOT", name).isPresent()) {
      return headers;
    }
    boolean loader = hasLoader(reader, place.get());
    if (headers == Firmware.BIOS_AND_UEFI) {
      return loader ? headers : Firmware.BIOS;
    }
    tell(
        loader ? Severity.NOTE : Severity.ERROR,
        ErrorCode.UEFI_LOADER_MISSING,
        loader
            ? "only UEFI boots the guest, and its EFI system partition has no \\EFI\\BOOT\\" + name
            : "only UEFI boots the guest, and its EFI system partition has no boot loader at all");
    return headers;
  }

  /** Whether a file system has too little room for the changes. */
  Optional<Finding> space(Mount mount, BlockDevices.Space space) {
    long least =
        switch (mount.mountPoint()) {
          case "/" -> ROOT_BYTES;
          case "/boot" -> BOOT_BYTES;
          default -> OTHER_BYTES;
        };
    if (space.bytes() >= least && space.inodes() >= INODES) {
      return Optional.empty();
    }
    boolean needed = mount.mountPoint().equals("/") || mount.mountPoint().equals("/boot");
    return Optional.of(
        new Finding(
            needed ? Severity.ERROR : Severity.WARNING,
            ErrorCode.SPACE_TOO_SMALL,
            "%s (%s) has %d MB and %s inodes free, of %d MB and %d needed"
                .formatted(
                    GuestReader.printable(mount.mountPoint()),
                    mount.device(),
                    space.bytes() / MB,
                    space.inodes() == Long.MAX_VALUE ? "enough" : Long.toString(space.inodes()),
                    least / MB,
                    INODES)));
  }

  private static boolean hasLoader(GuestReader reader, String esp) throws IOException {
    Optional<String> directory = CaseInsensitive.find(reader, esp, "EFI");
    if (directory.isEmpty()) {
      return false;
    }
    for (String vendor : reader.list(directory.get())) {
      for (String file : reader.list(directory.get() + "/" + vendor)) {
        if (file.toLowerCase(Locale.ROOT).endsWith(".efi")) {
          return true;
        }
      }
    }
    return false;
  }

  private void physical(GuestReader reader) throws IOException {
    for (String path : PHYSICAL) {
      if (reader.exists(path)) {
        tell(
            Severity.WARNING,
            ErrorCode.HYPERVISOR_TOOLS_FOUND,
            path + " is there: the machine was converted from a physical one");
      }
    }
  }

  private void architecture() {
    switch (facts.architecture()) {
      case X86_64, ARM64 -> {}
      case I386 -> tell(Severity.ERROR, ErrorCode.OS_32_BIT, "/bin/sh is a 32-bit x86 program");
      case OTHER ->
          tell(
              Severity.ERROR,
              ErrorCode.OS_UNSUPPORTED,
              "/bin/sh is not a program for x86-64 or arm64");
    }
  }

  private void kernels() {
    Optional<String> wanted = facts.bootLoader().defaultKernel();
    if (facts.kernels().isEmpty()) {
      tell(Severity.ERROR, ErrorCode.KERNEL_NOT_FOUND, "there is no kernel in /boot");
      return;
    }
    Optional<Kernel> byDefault =
        facts.kernels().stream()
            .filter(kernel -> wanted.filter(kernel.version()::equals).isPresent())
            .findFirst();
    if (wanted.isPresent() && byDefault.isEmpty()) {
      tell(
          Severity.WARNING,
          ErrorCode.KERNEL_NOT_FOUND,
          "the boot loader's default is the kernel %s, which is not in /boot"
              .formatted(GuestReader.printable(wanted.get())));
    }
    Kernel first = byDefault.orElse(facts.kernels().getFirst());
    drivers(first);
    for (Kernel kernel : facts.kernels()) {
      if (!kernel.equals(first)
          && lacks(kernel, Driver.NVME)
          && lacks(kernel, Driver.XEN_BLKFRONT)) {
        tell(
            Severity.NOTE,
            ErrorCode.KERNEL_WITHOUT_DRIVERS,
            "%s, which does not boot by itself, has neither nvme nor xen-blkfront"
                .formatted(name(kernel)));
      }
    }
  }

  private void drivers(Kernel kernel) {
    boolean nitro = !lacks(kernel, Driver.NVME);
    boolean xen = !lacks(kernel, Driver.XEN_BLKFRONT) && facts.architecture() != Architecture.ARM64;
    if (!nitro && !xen) {
      tell(
          Severity.ERROR,
          ErrorCode.KERNEL_WITHOUT_DRIVERS,
          "%s has neither nvme nor xen-blkfront: it finds its disk on no instance"
              .formatted(name(kernel)));
      return;
    }
    if (!nitro) {
      tell(
          Severity.WARNING,
          ErrorCode.KERNEL_WITHOUT_DRIVERS,
          "%s has no nvme: only Xen instances boot it".formatted(name(kernel)));
    }
    boolean ena = !lacks(kernel, Driver.ENA);
    boolean netfront = xen && !lacks(kernel, Driver.XEN_NETFRONT);
    if (!ena && !netfront) {
      tell(
          Severity.ERROR,
          ErrorCode.KERNEL_WITHOUT_DRIVERS,
          "%s has neither ena nor xen-netfront: it has no network on any instance"
              .formatted(name(kernel)));
    } else if (nitro && !ena) {
      tell(
          Severity.WARNING,
          ErrorCode.KERNEL_WITHOUT_DRIVERS,
          "%s has nvme but no ena: it has a network on Xen instances only".formatted(name(kernel)));
    }
    Presence nvme = kernel.drivers().getOrDefault(Driver.NVME, Presence.ABSENT);
    if (nvme == Presence.MODULE) {
      tell(
          Severity.NOTE,
          ErrorCode.KERNEL_WITHOUT_DRIVERS,
          "%s has nvme, but not in its initramfs: the import adds it there"
              .formatted(name(kernel)));
    }
  }

  private void encrypted() {
    for (FileSystemFacts fs : fileSystems) {
      if (fs.type().equals("crypto_LUKS")) {
        tell(
            Severity.WARNING,
            ErrorCode.DISK_ENCRYPTED,
            "%s is encrypted by LUKS; the boot waits for its key if /etc/crypttab names it"
                .formatted(fs.device()));
      }
    }
  }

  private void rootDisk() {
    fileSystems.stream()
        .filter(fs -> fs.device().equals(facts.rootDevice()))
        .map(FileSystemFacts::disk)
        .filter(OptionalInt::isPresent)
        .filter(disk -> disk.getAsInt() != 0)
        .forEach(
            disk ->
                tell(
                    Severity.WARNING,
                    ErrorCode.ROOT_NOT_ON_FIRST_DISK,
                    "the root file system %s is on disk %d, counted from 0"
                        .formatted(facts.rootDevice(), disk.getAsInt())));
  }

  private static boolean lacks(Kernel kernel, Driver driver) {
    return kernel.drivers().getOrDefault(driver, Presence.ABSENT) == Presence.ABSENT;
  }

  private static String name(Kernel kernel) {
    return "the kernel " + GuestReader.printable(kernel.version());
  }

  private void tell(Severity severity, ErrorCode code, String detail) {
    found.add(new Finding(severity, code, detail));
  }
}
