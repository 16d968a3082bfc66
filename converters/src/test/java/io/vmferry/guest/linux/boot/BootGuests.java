package io.vmferry.guest.linux.boot;

import io.vmferry.guest.Architecture;
import io.vmferry.guest.BootLoader;
import io.vmferry.guest.Distribution;
import io.vmferry.guest.Distribution.Family;
import io.vmferry.guest.FileSystemFacts;
import io.vmferry.guest.Firmware;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestCommands;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.Kernel;
import io.vmferry.guest.Kernel.Driver;
import io.vmferry.guest.Kernel.Presence;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.WritableGuestFiles;
import java.io.IOException;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Facts and guests for tests of this package. */
final class BootGuests {
  static final String VERSION = "6.1.0-18-amd64";
  static final String ROOT_UUID = "11111111-2222-3333-4444-555555555555";
  static final String SWAP_UUID = "99999999-8888-7777-6666-555555555555";

  private BootGuests() {}

  /** A kernel that has every driver in the same way. */
  static Kernel kernel(String version, Presence presence) {
    Map<Driver, Presence> drivers = new EnumMap<>(Driver.class);
    for (Driver driver : Driver.values()) {
      drivers.put(driver, presence);
    }
    return kernel(version, drivers);
  }

  static Kernel kernel(String version, Map<Driver, Presence> drivers) {
    return new Kernel(
        version,
        "/boot/vmlinuz-" + version,
        Optional.of("/boot/initrd.img-" + version),
        Optional.of("/usr/lib/modules/" + version),
        drivers);
  }

  static LinuxFacts linux(Family family, BootLoader loader, List<Kernel> kernels) {
    return new LinuxFacts(
        new Distribution(family, "test", OptionalInt.of(12), OptionalInt.empty(), "Test 12"),
        Architecture.X86_64,
        "/dev/sda1",
        Optional.empty(),
        kernels,
        loader,
        Set.of(),
        Optional.empty(),
        true,
        false,
        List.of());
  }

  /** A machine with its root on the first partition and swap space on the fifth. */
  static GuestFacts facts(LinuxFacts linux, Firmware firmware) {
    return new GuestFacts(
        List.of(),
        List.of(
            fileSystem("/dev/sda1", "ext4", 1, ROOT_UUID, "/"),
            fileSystem("/dev/sda5", "swap", 5, SWAP_UUID, "")),
        firmware,
        linux);
  }

  static FileSystemFacts fileSystem(
      String device, String type, int partition, String uuid, String mountPoint) {
    return new FileSystemFacts(
        device,
        type,
        OptionalInt.of(0),
        OptionalInt.of(partition),
        Optional.of(uuid),
        Optional.empty(),
        Optional.of("0badcafe-0" + partition),
        List.of(),
        Optional.of(mountPoint).filter(path -> !path.isEmpty()));
  }

  static GuestFacts facts(Presence presence) {
    return facts(
        linux(
            Family.DEBIAN,
            new BootLoader(
                BootLoader.Kind.GRUB2, Optional.of("/boot/grub/grub.cfg"), Optional.of(VERSION)),
            List.of(kernel(VERSION, presence))),
        Firmware.BIOS);
  }

  static Guest guest(GuestFacts facts, WritableGuestFiles files) {
    return new Guest(
        facts, new GuestEdits(files), ModificationOptions.defaults(), Optional.empty());
  }

  static Guest rebuilding(GuestFacts facts, WritableGuestFiles files, GuestCommands commands) {
    return new Guest(
        facts,
        new GuestEdits(files),
        new ModificationOptions(true, false, Optional.empty(), Optional.empty()),
        Optional.of(commands));
  }

  /** Applies a modification and gives the edits it made, report and all. */
  static GuestEdits apply(Modification modification, Guest guest) throws IOException {
    GuestEdits edits = guest.edits().of(modification);
    modification.apply(new Guest(guest.facts(), edits, guest.options(), guest.commands()));
    return edits;
  }
}
