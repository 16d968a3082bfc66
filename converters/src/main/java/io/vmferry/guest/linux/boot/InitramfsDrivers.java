package io.vmferry.guest.linux.boot;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestCommands;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.Kernel;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Puts the drivers of EC2's disks and networks into the initramfs of every kernel that may boot
 * (E1): by appending a {@link DriverArchive}, or where that is asked for with the guest's own tool.
 * With them goes what the initramfs has an old copy of, see {@link CarriedFiles}.
 */
final class InitramfsDrivers implements Modification {
  private static final Duration REBUILD_LIMIT = Duration.ofMinutes(15);
  private static final Pattern VERSION = Pattern.compile("[0-9][A-Za-z0-9_.+~-]*");

  @Override
  public String name() {
    return "initramfs-drivers";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return facts.system() instanceof LinuxFacts;
  }

  /**
   * {@inheritDoc}
   *
   * @throws VmferryException {@link ErrorCode#GUEST_KERNEL_DRIVERS_MISSING} if no kernel can boot
   */
  @Override
  public void apply(Guest guest) throws IOException {
    List<Kernel> kernels = guest.linux().kernels();
    if (!kernels.isEmpty() && kernels.stream().noneMatch(Kernel::canBootOnEc2)) {
      throw new VmferryException(
          ErrorCode.GUEST_KERNEL_DRIVERS_MISSING,
          "None of the kernels %s has NVMe or Xen block devices"
              .formatted(kernels.stream().map(Kernel::version).collect(Collectors.joining(", "))));
    }
    InitramfsTool tool = InitramfsTool.of(guest.edits().files(), guest.linux().distribution());
    CarriedFiles carried = CarriedFiles.of(guest);
    for (Kernel kernel : guest.linux().kernels()) {
      if (!kernel.canBootOnEc2()) {
        guest.edits().note("Kernel %s has no driver for EC2's disks".formatted(kernel.version()));
      } else if (Drivers.anyMissing(kernel) || !carried.isEmpty()) {
        add(guest, kernel, tool, carried);
      }
    }
  }

  private static void add(Guest guest, Kernel kernel, InitramfsTool tool, CarriedFiles carried)
      throws IOException {
    boolean driversMissing = Drivers.anyMissing(kernel);
    Optional<String> initramfs = initramfsOf(guest, kernel);
    if (driversMissing && (initramfs.isEmpty() || kernel.modules().isEmpty())) {
      guest
          .edits()
          .note(
              "Kernel %s has drivers for EC2 as modules only, and no %s"
                  .formatted(
                      kernel.version(),
                      initramfs.isEmpty() ? "initramfs to load them" : "directory of modules"));
    }
    if (initramfs.isEmpty()) {
      return;
    }
    KernelModules modules =
        KernelModules.read(
            guest.edits().files(), kernel.modules().orElse("/lib/modules/" + kernel.version()));
    List<String> drivers =
        kernel.modules().isPresent() ? Drivers.missing(kernel, modules) : List.of();
    if (drivers.isEmpty() && carried.isEmpty()) {
      return;
    }
    if (guest.options().rebuildInitramfs() && guest.commands().isPresent()) {
      List<String> command = tool.rebuild(guest, kernel, initramfs.get(), drivers);
      if (!command.isEmpty()) {
        rebuild(guest, guest.commands().get(), command, initramfs.get());
        return;
      }
    }
    if (!drivers.isEmpty() && !tool.loadsWhatIsAdded()) {
      guest
          .edits()
          .note(
              "%s loads only the drivers it was made with; have it made anew by the guest's own"
                      .formatted(initramfs.get())
                  + " mkinitrd to boot from EC2's paravirtual disks");
      drivers = List.of();
    }
    append(guest, kernel, initramfs.get(), new Addition(modules, drivers, carried));
  }

  /** What is to be added to an initramfs. */
  private record Addition(KernelModules modules, List<String> drivers, CarriedFiles carried) {
    boolean isEmpty() {
      return drivers.isEmpty() && carried.isEmpty();
    }

    Addition with(List<String> taken) {
      return new Addition(modules, taken, carried);
    }

    byte[] archive(String version) throws IOException {
      return DriverArchive.of(version, drivers, modules, carried);
    }

    /** Whether a file that ends so has all of it from an earlier run. */
    boolean isIn(byte[] tail) {
      return drivers.isEmpty()
          && DriverArchive.carriedDigestIn(tail).filter(carried.digest()::equals).isPresent();
    }

    String summary(String version) {
      List<String> parts = new ArrayList<>();
      if (!drivers.isEmpty()) {
        parts.add("%s for kernel %s".formatted(String.join(", ", drivers), version));
      }
      if (!carried.isEmpty()) {
        parts.add("the changes of " + carried.names());
      }
      return "Appended " + String.join(" and ", parts);
    }
  }

  private static Optional<String> initramfsOf(Guest guest, Kernel kernel) throws IOException {
    return kernel.initramfs().isEmpty()
        ? Optional.empty()
        : GuestPaths.resolve(guest.edits().files(), kernel.initramfs().get());
  }

  private static void rebuild(
      Guest guest, GuestCommands commands, List<String> command, String initramfs)
      throws IOException {
    if (guest.edits().keep(initramfs)) {
      commands.run(command, REBUILD_LIMIT);
      guest.edits().changed(initramfs, "Made anew by '%s'".formatted(String.join(" ", command)));
    }
  }

  private static void append(Guest guest, Kernel kernel, String initramfs, Addition wanted)
      throws IOException {
    if (wanted.isEmpty()) {
      return;
    }
    InitramfsFile file = InitramfsFile.read(guest.edits().files(), initramfs);
    if (file.ending() == InitramfsFile.Ending.NONE
        || !VERSION.matcher(kernel.version()).matches()) {
      guest
          .edits()
          .note(
              "%s is no initramfs that drivers can be appended to"
                  .formatted(Printable.of(initramfs)));
      return;
    }
    Addition addition = wanted.with(available(guest, initramfs, wanted));
    byte[] tail =
        InitramfsFile.tail(guest.edits().files(), initramfs, file.size(), DriverArchive.TAIL_BYTES);
    if (addition.isEmpty() || addition.isIn(tail)) {
      return;
    }
    try {
      byte[] archive = addition.archive(kernel.version());
      Optional<String> before = DriverArchive.digestIn(tail);
      if (before.isPresent() && before.equals(DriverArchive.digestIn(archive))) {
        return;
      }
      guest
          .edits()
          .append(
              initramfs, DriverArchive.appendix(archive, file), addition.summary(kernel.version()));
    } catch (VmferryException e) {
      rethrowUnlessUnavailable(e);
      guest.edits().note("%s: %s".formatted(initramfs, e.detail()));
    }
  }

  /** The drivers that are there with all they need. */
  private static List<String> available(Guest guest, String initramfs, Addition wanted)
      throws IOException {
    List<String> taken = new ArrayList<>(wanted.drivers());
    for (String driver : wanted.drivers()) {
      try {
        for (String path : wanted.modules().closure(driver)) {
          wanted.modules().content(path);
        }
      } catch (VmferryException e) {
        rethrowUnlessUnavailable(e);
        taken.remove(driver);
        guest
            .edits()
            .note("%s goes without the driver %s: %s".formatted(initramfs, driver, e.detail()));
      }
    }
    return taken;
  }

  /** What a guest lacks is told in its report; anything else ends the modification. */
  private static void rethrowUnlessUnavailable(VmferryException failure) {
    if (failure.code() != ErrorCode.GUEST_DRIVER_UNAVAILABLE) {
      throw failure;
    }
  }
}
