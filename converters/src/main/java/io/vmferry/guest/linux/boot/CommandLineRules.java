package io.vmferry.guest.linux.boot;

import io.vmferry.guest.FileSystemFacts;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestFiles;
import io.vmferry.guest.Kernel;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.linux.network.RedHatIfcfg;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Edits the kernel command lines of one guest: root and resume by UUID, the serial console, the
 * timeout of NVMe, and the kernel's names of network interfaces where the guest's scripts need
 * them. What else is on a line stays, {@code quiet}, {@code rd.lvm.lv} and all: it is the owner's
 * choice and does not keep a machine from booting.
 */
final class CommandLineRules {
  private static final String SERIAL = "console=ttyS0";
  private static final List<String> CONSOLES = List.of("console=tty0", SERIAL + ",115200n8");

  /** With both, neither systemd nor Red Hat's biosdevname renames an interface. */
  private static final List<String> KERNEL_NAMES = List.of("net.ifnames=0", "biosdevname=0");

  private final LinuxFacts linux;
  private final GuestFiles files;
  private final DeviceNames devices;
  private final boolean initramfs;
  private final boolean kernelNames;
  private final Optional<String> root;

  /** How much of a command line a text is. */
  enum Part {
    /** All that a kernel gets, or what is common to all kernels: consoles and timeout are added. */
    WHOLE,
    /** Something added to a whole: consoles are put right only where it has any. */
    ADDITION
  }

  CommandLineRules(Guest guest) throws IOException {
    linux = guest.linux();
    files = guest.edits().files();
    devices = new DeviceNames(guest.facts());
    // Only an initramfs knows UUID=; the kernel itself knows a partition's.
    initramfs =
        linux.kernels().isEmpty()
            || linux.kernels().stream().anyMatch(kernel -> kernel.initramfs().isPresent());
    kernelNames = RedHatIfcfg.needsKernelNames(guest);
    root = devices.root(linux.rootDevice()).flatMap(is -> stableName(is, initramfs));
  }

  /**
   * A command line, edited.
   *
   * @param line the parameters, without the kernel's path
   * @param version the kernel it is for; empty if it is for all
   * @param effects gets what was changed, for the report
   * @return the line itself if there is nothing to change
   */
  String edit(String line, Part part, Optional<String> version, Set<String> effects)
      throws IOException {
    List<String> before = KernelParameters.split(line);
    List<String> after = new ArrayList<>();
    boolean dropResume = before.stream().anyMatch(this::isLostResume);
    for (String parameter : before) {
      if (parameter.startsWith("root=")) {
        after.add(root(parameter, effects));
      } else if (isLostResume(parameter)
          || (dropResume && parameter.startsWith("resume_offset="))) {
        effects.add(parameter + " removed, there is no such device");
      } else if (parameter.startsWith("resume=")) {
        after.add(resume(parameter, effects));
      } else {
        after.add(parameter);
      }
    }
    boolean whole = part == Part.WHOLE;
    if (whole || after.stream().anyMatch(parameter -> parameter.startsWith("console="))) {
      addConsoles(after, effects);
    }
    if (whole && after.stream().noneMatch(CommandLineRules::isTimeout)) {
      String timeout = NvmeTimeout.of(files, linux, version).parameter();
      if (!timeout.isEmpty()) {
        KernelParameters.add(after, timeout);
        effects.add(timeout + " added");
      }
    }
    if (kernelNames) {
      KERNEL_NAMES.forEach(parameter -> putName(after, parameter, whole, effects));
    }
    return after.equals(before) ? line : String.join(" ", after);
  }

  /** Has a parameter that is there say what it must; adds it if that is asked for. */
  private static void putName(
      List<String> parameters, String wanted, boolean add, Set<String> effects) {
    String start = wanted.substring(0, wanted.indexOf('=') + 1);
    if (parameters.contains(wanted)) {
      parameters.removeIf(is -> is.startsWith(start) && !is.equals(wanted));
    } else if (add || parameters.stream().anyMatch(is -> is.startsWith(start))) {
      parameters.removeIf(is -> is.startsWith(start));
      KernelParameters.add(parameters, wanted);
      effects.add(wanted + " added: the network's scripts are for eth0");
    }
  }

  /** The kernel a path such as {@code /vmlinuz-6.1.0} is; empty if none of the guest's. */
  Optional<String> versionOf(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    return linux.kernels().stream()
        .filter(
            kernel ->
                name.equals(kernel.image().substring(kernel.image().lastIndexOf('/') + 1))
                    || name.endsWith("-" + kernel.version()))
        .map(Kernel::version)
        .findFirst();
  }

  /** The version of the kernel that must become the default, where the default cannot boot. */
  Optional<String> newDefault() {
    Optional<Kernel> now = linux.defaultKernel();
    Optional<Kernel> then = linux.kernelOnEc2();
    return now.equals(then) ? Optional.empty() : then.map(Kernel::version);
  }

  private String root(String parameter, Set<String> effects) {
    String name = KernelParameters.value(parameter);
    if (!DeviceNames.isOfController(name)) {
      return parameter;
    }
    Optional<String> target = devices.find(name).flatMap(is -> stableName(is, initramfs));
    String stable = target.or(() -> root).orElse("");
    if (stable.isEmpty()) {
      effects.add(parameter + " left: its file system has no UUID");
      return parameter;
    }
    effects.add("%s is %s".formatted(parameter, stable));
    return "root=" + stable;
  }

  private String resume(String parameter, Set<String> effects) {
    String name = KernelParameters.value(parameter);
    if (!DeviceNames.isOfController(name)) {
      return parameter;
    }
    String stable = "UUID=" + devices.find(name).flatMap(FileSystemFacts::uuid).orElseThrow();
    effects.add("%s is %s".formatted(parameter, stable));
    return "resume=" + stable;
  }

  private boolean isLostResume(String parameter) {
    if (!parameter.startsWith("resume=")) {
      return false;
    }
    String name = KernelParameters.value(parameter);
    boolean canBeLookedUp =
        (name.startsWith("/dev/") && !name.startsWith("/dev/disk/by-label/"))
            || name.startsWith("UUID=");
    Optional<FileSystemFacts> found = canBeLookedUp ? devices.find(name) : Optional.empty();
    return canBeLookedUp
        && (found.isEmpty() || (DeviceNames.isOfController(name) && found.get().uuid().isEmpty()));
  }

  /** The last console is the one that init writes to: it must be the serial one. */
  private static void addConsoles(List<String> parameters, Set<String> effects) {
    List<String> consoles =
        parameters.stream().filter(parameter -> parameter.startsWith("console=")).toList();
    boolean right =
        !consoles.isEmpty()
            && isSerial(consoles.getLast())
            && consoles.stream()
                .anyMatch(console -> console.startsWith("console=tty") && !isSerial(console));
    if (right) {
      return;
    }
    Set<String> wanted = new LinkedHashSet<>();
    wanted.add(CONSOLES.getFirst());
    wanted.add(
        consoles.stream()
            .filter(CommandLineRules::isSerial)
            .reduce((first, last) -> last)
            .orElse(CONSOLES.getLast()));
    parameters.removeIf(parameter -> parameter.equals("console=tty0") || isSerial(parameter));
    wanted.forEach(console -> KernelParameters.add(parameters, console));
    effects.add("serial console added");
  }

  private static boolean isSerial(String parameter) {
    return parameter.equals(SERIAL) || parameter.startsWith(SERIAL + ",");
  }

  private static boolean isTimeout(String parameter) {
    return parameter.startsWith("nvme_core.io_timeout=")
        || parameter.startsWith("nvme.io_timeout=");
  }

  private static Optional<String> stableName(FileSystemFacts is, boolean initramfs) {
    Optional<String> partition = is.partitionUuid().map(uuid -> "PARTUUID=" + uuid);
    Optional<String> fileSystem = is.uuid().map(uuid -> "UUID=" + uuid);
    return initramfs ? fileSystem.or(() -> partition) : partition;
  }
}
