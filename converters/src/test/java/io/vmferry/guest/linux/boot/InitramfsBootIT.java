package io.vmferry.guest.linux.boot;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.Tools;
import io.vmferry.guest.BootLoader;
import io.vmferry.guest.Change;
import io.vmferry.guest.Change.Action;
import io.vmferry.guest.Distribution.Family;
import io.vmferry.guest.Firmware;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.InMemoryGuest;
import io.vmferry.guest.Kernel.Presence;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The proof of {@link DriverArchive}: Debian's generic kernel, which has NVMe as a module, boots
 * under qemu with an initramfs that has no drivers at all, and reads its NVMe disk once they are
 * appended. The kernel comes from its package, nothing is installed; 15 seconds a boot without KVM.
 */
class InitramfsBootIT {
  private static final String DISK_CONTENT = "content of the NVMe disk";
  private static final String INIT =
      """
      #!/usr/bin/busybox sh
      export PATH=/usr/sbin:/usr/bin
      bb=/usr/bin/busybox
      $bb mount -t proc proc /proc
      $bb mount -t sysfs sysfs /sys
      $bb mount -t devtmpfs devtmpfs /dev
      $bb mkdir /run
      echo "lib is $($bb readlink /lib)"
      echo "modules of its own: $($bb cat /lib/modules/own)"
      if $bb grep -q load=conf /proc/cmdline; then
        for conf in conf/conf.d/*; do
          [ -f "$conf" ] && . "$conf"
        done
      else
        /usr/bin/systemd-udevd --daemon
        udevadm trigger --type=devices --action=add
        udevadm settle
      fi
      for i in 1 2 3 4 5 6 7 8 9 10; do
        [ -b /dev/nvme0n1 ] && break
        $bb sleep 1
      done
      echo "disks: $($bb ls /sys/block)"
      echo "drivers: $($bb cut -d' ' -f1 /proc/modules | $bb sort | $bb tr '\\n' ' ')"
      echo "disk says: $($bb head -c 24 /dev/nvme0n1 2>&1)"
      $bb poweroff -f
      """;

  @TempDir static Path directory;

  private static Path packages = Path.of(".");
  private static String version = "";

  @BeforeAll
  static void unpackTheKernel() throws IOException {
    for (String tool :
        List.of(
            "qemu-system-x86_64", "apt-get", "dpkg-deb", "depmod", "modprobe", "udevadm", "lz4")) {
      Tools.require(tool);
    }
    packages = Files.createDirectory(directory.resolve("packages"));
    String kernelPackage =
        Tools.run("apt-cache", "depends", "linux-image-amd64")
            .lines()
            .map(String::strip)
            .filter(line -> line.startsWith("Depends: linux-image-"))
            .map(line -> line.substring("Depends: ".length()))
            .findFirst()
            .orElseThrow();
    for (String name : List.of(kernelPackage, "busybox-static")) {
      Tools.run("sh", "-c", "cd '%s' && apt-get download '%s'".formatted(packages, name));
    }
    try (Stream<Path> files = Files.list(packages)) {
      for (Path file : files.filter(path -> path.toString().endsWith(".deb")).toList()) {
        Tools.run("dpkg-deb", "-x", file.toString(), packages.toString());
      }
    }
    version = kernelPackage.substring("linux-image-".length());
    Tools.run("depmod", "-b", packages.toString(), version);
    byte[] disk = new byte[64 << 20];
    byte[] content = DISK_CONTENT.getBytes(StandardCharsets.US_ASCII);
    System.arraycopy(content, 0, disk, 0, content.length);
    Files.write(directory.resolve("disk"), disk);
  }

  @Test
  void seesNoDiskWithoutTheDrivers() throws IOException {
    String console = boot(compressed("gzip"), "load=udev");
    assertThat(console)
        .contains("lib is usr/lib")
        .contains("/dev/nvme0n1: No such file")
        .doesNotContain(DISK_CONTENT);
  }

  @Test
  void loadsTheDriversByInitramfsToolsConfiguration() throws IOException {
    assertBoots(boot(withDrivers(compressed("gzip")), "load=conf"));
  }

  @Test
  void loadsTheDriversByUdevFromBehindAnLz4Archive() throws IOException {
    assertBoots(boot(withDrivers(compressed("lz4", "-l")), "load=udev"));
  }

  @Test
  void findsWhatADriverNeedsWithoutModulesDep() throws Exception {
    String directory = inGuest("").replaceFirst("/$", "");
    KernelModules indexed =
        KernelModules.read(modules("modules.dep", "modules.builtin"), directory);
    KernelModules walked = KernelModules.read(modules("modules.builtin"), directory);
    for (String driver : List.of("nvme", "ena", "xen-blkfront", "xen-netfront")) {
      assertThat(walked.closure(driver))
          .containsExactlyInAnyOrderElementsOf(indexed.closure(driver))
          .last()
          .asString()
          .endsWith("/" + driver + ".ko");
    }
    assertThat(walked.closure("nvme")).hasSizeGreaterThan(2);
  }

  private static void assertBoots(String console) {
    assertThat(console)
        .contains("lib is usr/lib")
        .contains("modules of its own: untouched")
        .containsPattern("drivers: .*nvme nvme_core")
        .contains("disk says: " + DISK_CONTENT);
  }

  /** The guest's files: the kernel's indexes and the modules its drivers may need. */
  private static InMemoryGuest modules(String... indexes) throws IOException {
    InMemoryGuest guest = new InMemoryGuest();
    Path modules = packages.resolve("lib/modules/" + version);
    for (String name : indexes) {
      guest.file(inGuest(name), Files.readString(modules.resolve(name)));
    }
    for (String part :
        List.of("drivers/nvme", "drivers/block", "drivers/net", "arch", "block", "lib", "crypto")) {
      try (Stream<Path> files = Files.walk(modules.resolve("kernel/" + part))) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          guest.file(inGuest(modules.relativize(file).toString()), Files.readAllBytes(file), 0644);
        }
      }
    }
    return guest;
  }

  private static byte[] withDrivers(byte[] initramfs) throws IOException {
    InMemoryGuest guest = modules("modules.dep", "modules.softdep", "modules.builtin");
    String path = "/boot/initrd.img-" + version;
    guest.file(path, initramfs, 0644);
    GuestEdits edits =
        BootGuests.apply(
            new InitramfsDrivers(),
            BootGuests.guest(
                BootGuests.facts(
                    BootGuests.linux(
                        Family.DEBIAN,
                        new BootLoader(BootLoader.Kind.GRUB2, Optional.empty(), Optional.empty()),
                        List.of(BootGuests.kernel(version, Presence.MODULE))),
                    Firmware.BIOS),
                guest));
    assertThat(edits.changes()).extracting(Change::action).containsExactly(Action.CHANGED);
    return guest.contentOf(path);
  }

  private static String inGuest(String name) {
    return "/usr/lib/modules/" + version + "/" + name;
  }

  /** An initramfs of a merged /usr with kmod and udev, and without any driver. */
  private static byte[] compressed(String... compressor) throws IOException {
    NewcArchive archive = new NewcArchive();
    Stream.of("usr", "usr/bin", "usr/sbin", "usr/lib", "usr/lib64", "usr/lib/x86_64-linux-gnu")
        .forEach(archive::directory);
    Stream.of("usr/lib/modules", "dev", "proc", "sys", "etc", "conf").forEach(archive::directory);
    archive
        .link("bin", "usr/bin")
        .link("sbin", "usr/sbin")
        .link("lib", "usr/lib")
        .link("lib64", "usr/lib64")
        .file("init", INIT.getBytes(StandardCharsets.US_ASCII), 0755)
        .file("usr/lib/modules/own", "untouched".getBytes(StandardCharsets.US_ASCII))
        .file("usr/bin/busybox", Files.readAllBytes(packages.resolve("bin/busybox")), 0755)
        .file("usr/sbin/modprobe", Files.readAllBytes(Path.of("/usr/bin/kmod")), 0755)
        .file("usr/bin/udevadm", Files.readAllBytes(Path.of("/usr/bin/udevadm")), 0755)
        .link("usr/bin/systemd-udevd", "udevadm");
    List<String> libraries =
        Tools.run("ldd", "/usr/bin/kmod", "/usr/bin/udevadm")
            .lines()
            .map(line -> line.replaceFirst(".*=>", "").strip().replaceFirst(" .*", ""))
            .filter(path -> path.startsWith("/lib"))
            .distinct()
            .toList();
    for (String library : libraries) {
      archive.file("usr" + library, Files.readAllBytes(Path.of(library)), 0755);
    }
    Path plain = Files.createTempFile(directory, "base", ".cpio");
    Path packed = Path.of(plain + ".packed");
    Files.write(plain, archive.finish());
    String command = String.join(" ", compressor);
    Tools.run("sh", "-c", "%s -c '%s' > '%s'".formatted(command, plain, packed));
    return Files.readAllBytes(packed);
  }

  private static String boot(byte[] initramfs, String parameter) throws IOException {
    Path file = Files.write(Files.createTempFile(directory, "initramfs", ".img"), initramfs);
    return Tools.run(
        "qemu-system-x86_64",
        "-accel",
        "tcg",
        "-m",
        "1024",
        "-display",
        "none",
        "-serial",
        "stdio",
        "-no-reboot",
        "-nic",
        "none",
        "-kernel",
        packages.resolve("boot/vmlinuz-" + version).toString(),
        "-initrd",
        file.toString(),
        "-append",
        "console=ttyS0 panic=-1 quiet " + parameter,
        "-drive",
        "file=%s,if=none,id=disk,format=raw,readonly=on".formatted(directory.resolve("disk")),
        "-device",
        "nvme,drive=disk,serial=vmferry");
  }
}
