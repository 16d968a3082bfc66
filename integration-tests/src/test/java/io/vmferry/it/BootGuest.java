package io.vmferry.it;

import static org.assertj.core.api.Assertions.fail;

import io.vmferry.disk.Tools;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A real Debian of the boot matrix, made by {@code scripts/make-guest} as VMware or VirtualBox run
 * it.
 *
 * @param name its host name
 * @param summary what is particular about it
 * @param format what it is imported as
 * @param stuckAt what the serial console shows last if it is booted as it is on EC2
 * @param options of {@code scripts/make-guest}
 */
record BootGuest(String name, String summary, String format, String stuckAt, List<String> options) {
  private static final long TIMEOUT_MINUTES = 25;
  private static final String INITRAMFS = "(initramfs)";

  /** Every guest. */
  static final List<BootGuest> ALL =
      List.of(
          guest("d12-dep", "ova", INITRAMFS)
              .like("Debian 12, BIOS, ext4, MODULES=dep, ifupdown by name; cifs, udev rules")
              .of("--release bookworm --initramfs dep --console serial --with cifs,udev"),
          guest("d13-uefi", "vmdk", "Shell>")
              .like("Debian 13, UEFI, ext4, MODULES=most, netplan by MAC; no serial console")
              .of("--release trixie --firmware uefi --network netplan --bound-to mac"),
          guest("d11-tools", "vhd", INITRAMFS)
              .like("Debian 11, BIOS, ext4, MODULES=most, ifupdown by MAC; open-vm-tools")
              .of("--release bullseye --bound-to mac --console serial --with open-vm-tools"),
          guest("d12-xfs", "vhdx", INITRAMFS)
              .like("Debian 12, BIOS, XFS, MODULES=dep, networkd by MAC")
              .of(
                  "--release bookworm --file-system xfs --initramfs dep --network networkd"
                      + " --bound-to mac --console serial"),
          guest("d13-btrfs", "ova", INITRAMFS)
              .like("Debian 13, BIOS, Btrfs @rootfs, MODULES=dep, NetworkManager by name")
              .of(
                  "--release trixie --file-system btrfs --initramfs dep"
                      + " --network networkmanager --console serial"),
          guest("d12-lvm", "vmdk", "Shell>")
              .like("Debian 12, UEFI, LVM, MODULES=dep, ifupdown by name; a disk that is gone")
              .of(
                  "--release bookworm --firmware uefi --file-system lvm --initramfs dep"
                      + " --console serial --with stale-uuid"),
          guest("d12-dracut", "vhd", "dracut-initqueue: timeout")
              .like("Debian 12, BIOS, ext4, dracut, networkd by name")
              .of("--release bookworm --initramfs dracut --network networkd --console serial"),
          guest("d11-btrfs", "ova", "Shell>")
              .like("Debian 11, UEFI, Btrfs @, MODULES=most, netplan by name")
              .of(
                  "--release bullseye --firmware uefi --file-system btrfs --subvolume @"
                      + " --network netplan --console serial"),
          guest("d13-lvm", "vhdx", INITRAMFS)
              .like("Debian 13, BIOS, LVM with a filter, MODULES=dep, ifupdown by MAC; udev rules")
              .of(
                  "--release trixie --file-system lvm --initramfs dep --bound-to mac"
                      + " --console serial --with udev,lvm-filter"),
          guest("d13-dracut", "vmdk", "Shell>")
              .like("Debian 13, UEFI, XFS, dracut, NetworkManager by MAC")
              .of(
                  "--release trixie --firmware uefi --file-system xfs --initramfs dracut"
                      + " --network networkmanager --bound-to mac --console serial"));

  /** What every run of the tests boots: one alone, as each takes about eight minutes. */
  static final List<String> SMALL = List.of("d12-dep");

  /** The one of a name. */
  static BootGuest named(String name) {
    return ALL.stream()
        .filter(guest -> guest.name.equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "no guest '%s'; there are %s"
                        .formatted(name, ALL.stream().map(BootGuest::name).toList())));
  }

  /** Whether its firmware is a BIOS. */
  boolean hasBios() {
    return !options.contains("uefi");
  }

  /**
   * The guest, made once: takes a Debian mirror and about two minutes, four if its file system is
   * filled by libguestfs.
   */
  Files made() throws IOException {
    for (String tool : new String[] {"mmdebstrap", "sfdisk", "qemu-img"}) {
      Tools.require(tool);
    }
    if (!System.getProperty("user.name").equals("root")) {
      if (System.getenv("CI") != null) {
        fail("the guest can only be made by root, and CI must not skip this test");
      }
      Assumptions.abort("the guest can only be made by root");
    }
    Path directory = Fixtures.cachedDirectory("guest-" + name, scripts(), arguments(), this::make);
    return new Files(directory.resolve(name + ".raw"), directory.resolve(name + "." + format));
  }

  /**
   * What was made.
   *
   * @param disk its disk, raw
   * @param image the machine, or its disk, in the format it is imported as
   */
  record Files(Path disk, Path image) {}

  private static List<Path> scripts() throws IOException {
    Path parts = Fixtures.ROOT.resolve("scripts/guest");
    try (Stream<Path> files = java.nio.file.Files.list(parts)) {
      return Stream.concat(Stream.of(Fixtures.ROOT.resolve("scripts/make-guest")), files.sorted())
          .toList();
    }
  }

  private List<String> arguments() {
    List<String> arguments = new ArrayList<>(List.of("--name", name, "--format", "raw," + format));
    arguments.addAll(options);
    return arguments;
  }

  private void make(Path directory) throws IOException {
    Path log = Fixtures.ROOT.resolve("integration-tests/target/make-guest-%s.log".formatted(name));
    List<String> command = new ArrayList<>();
    command.add(Fixtures.ROOT.resolve("scripts/make-guest").toString());
    command.addAll(arguments());
    command.add(directory.toString());
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    try {
      if (!process.waitFor(TIMEOUT_MINUTES, TimeUnit.MINUTES)) {
        fail("%s did not end in %d min; see %s", command, TIMEOUT_MINUTES, log);
      }
      if (process.exitValue() != 0) {
        fail(
            "%s ended with %d: %s",
            command, process.exitValue(), java.nio.file.Files.readString(log));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while making the guest", e);
    } finally {
      process.destroy();
    }
  }

  private static Draft guest(String name, String format, String stuckAt) {
    return new Draft(name, format, stuckAt, "");
  }

  /** A guest that is being described. */
  private record Draft(String name, String format, String stuckAt, String summary) {
    Draft like(String text) {
      return new Draft(name, format, stuckAt, text);
    }

    BootGuest of(String options) {
      return new BootGuest(name, summary, format, stuckAt, List.of(options.split(" ", -1)));
    }
  }
}
