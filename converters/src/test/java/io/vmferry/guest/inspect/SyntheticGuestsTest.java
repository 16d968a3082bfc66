package io.vmferry.guest.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.partition.DiskLayout;
import io.vmferry.error.ErrorCode;
import io.vmferry.guest.DiskFacts;
import io.vmferry.guest.Finding;
import io.vmferry.guest.InMemoryGuest;
import io.vmferry.guest.Kernel;
import io.vmferry.guest.Kernel.Driver;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.SyntheticGuest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Every release as it lays out its files, and what must be found out about it. */
class SyntheticGuestsTest {

  /**
   * The drivers are NVMe, ENA, Xen's block and net of the kernel that boots by itself: B built in,
   * I in the initramfs, M a module, - none.
   */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
"""
centos5  | RED_HAT centos 5.11 | GRUB_LEGACY 2.6.18-419.el5 of 3 | IFCFG_RED_HAT | rpm sysv | vmware-tools | BIOS | --MM | /dev/VolGroup00/LogVol00
centos6  | RED_HAT centos 6.10 | GRUB_LEGACY 2.6.32-754.el6.x86_64 of 2 | IFCFG_RED_HAT | rpm sysv selinux | | BIOS | M-IM | /dev/vg_centos6/lv_root
rhel7    | RED_HAT rhel 7.9 | GRUB2 3.10.0-1160.15.2.el7.x86_64 of 2 | IFCFG_RED_HAT | rpm systemd selinux | open-vm-tools | BIOS | MMMM | /dev/rhel/root
rhel8    | RED_HAT rhel 8.8 | GRUB2_BLS 4.18.0-477.10.1.el8_8.x86_64 of 2 | IFCFG_RED_HAT | rpm systemd selinux | | UEFI | MMMM | /dev/rhel/root
rocky9   | RED_HAT rocky 9.3 | GRUB2_BLS 5.14.0-362.24.1.el9_3.x86_64 of 2 | NETWORK_MANAGER | rpm systemd selinux | | BIOS | IIIM | /dev/sda2
rhel10   | RED_HAT rhel 10.0 | GRUB2_BLS 6.12.0-55.9.1.el10_0.x86_64 of 1 | NETWORK_MANAGER | rpm systemd selinux | open-vm-tools | UEFI | MMMM | /dev/rhel/root
fedora42 | RED_HAT fedora 42 | GRUB2_BLS 6.14.5-300.fc42.x86_64 of 1 | NETWORK_MANAGER | rpm systemd selinux | | UEFI | IMBM | /dev/sda3:root
oracle8  | RED_HAT ol 8.9 | GRUB2_BLS 5.15.0-200.131.27.el8uek.x86_64 of 2 | IFCFG_RED_HAT | rpm systemd selinux | VBoxGuestAdditions | BIOS | IMMM | /dev/ol/root
amazon2  | AMAZON amzn 2 | GRUB2 5.10.205-195.804.amzn2.x86_64 of 1 | CLOUD_INIT IFCFG_RED_HAT | rpm systemd | | BIOS | BIBM | /dev/sda1
amazon2023 | AMAZON amzn 2023 | GRUB2_BLS 6.1.79-99.167.amzn2023.x86_64 of 1 | CLOUD_INIT NETWORKD | rpm systemd selinux | | BIOS_AND_UEFI | BIBM | /dev/sda1
sles11   | SUSE sles 11.4 | GRUB_LEGACY 3.0.101-108.13-default of 1 | IFCFG_SUSE | rpm sysv | | BIOS | M-MM | /dev/sda2
sles12   | SUSE sles 12.1 | GRUB2 3.12.49-11-default of 1 | IFCFG_SUSE | rpm systemd | | BIOS | M-MM | /dev/sda2:@/.snapshots/1/snapshot
sles15   | SUSE sles 15.5 | GRUB2 5.14.21-150500.53-default of 1 | IFCFG_SUSE | rpm systemd | open-vm-tools | UEFI | IMMM | /dev/sda2:@/.snapshots/1/snapshot
opensuse-leap15 | SUSE opensuse-leap 15.6 | GRUB2 6.4.0-150600.21-default of 1 | IFCFG_SUSE | rpm systemd | qemu-guest-agent | BIOS | MMMM | /dev/sda1
opensuse-tumbleweed | SUSE opensuse-tumbleweed | SYSTEMD_BOOT 6.14.6-2-default of 2 | NETWORK_MANAGER | rpm systemd | | UEFI | IMBB | /dev/sda2
ubuntu1204 | DEBIAN ubuntu 12.4 | GRUB2 3.2.0-126-generic of 1 | IFUPDOWN | deb sysv | | BIOS | --BB | /dev/sda1
ubuntu1404 | DEBIAN ubuntu 14.4 | GRUB2 4.4.0-148-generic of 1 | IFUPDOWN | deb sysv | open-vm-tools | BIOS | I-BB | /dev/sda1
ubuntu1604 | DEBIAN ubuntu 16.4 | GRUB2 4.4.0-210-generic of 1 | IFUPDOWN | deb systemd | open-vm-tools | BIOS | IMBB | /dev/sda1
ubuntu1804 | DEBIAN ubuntu 18.4 | GRUB2 4.15.0-20-generic of 2 | NETPLAN | deb systemd | | BIOS | IMBB | /dev/sda1
ubuntu2004 | DEBIAN ubuntu 20.4 | GRUB2 5.4.0-182-generic of 1 | CLOUD_INIT NETPLAN | deb systemd | | UEFI | IMBB | /dev/ubuntu-vg/ubuntu-lv
ubuntu2204 | DEBIAN ubuntu 22.4 | GRUB2 5.15.0-107-generic of 1 | CLOUD_INIT NETPLAN | deb systemd | open-vm-tools | BIOS | IMBB | /dev/ubuntu-vg/ubuntu-lv
ubuntu2404 | DEBIAN ubuntu 24.4 | GRUB2 6.8.0-60-generic of 1 | CLOUD_INIT NETPLAN | deb systemd | hyperv-daemons | UEFI | IMBB | /dev/sda3
ubuntu2604 | DEBIAN ubuntu 26.4 | GRUB2 7.0.0-12-generic of 1 | CLOUD_INIT NETPLAN | deb systemd | | UEFI | MMBB | /dev/sda3
debian8  | DEBIAN debian 8.11 | GRUB2 3.16.0-11-amd64 of 1 | IFUPDOWN | deb systemd | xe-guest-utilities | BIOS | I-IM | /dev/sda1
debian9  | DEBIAN debian 9.13 | GRUB2 4.9.0-19-amd64 of 1 | IFUPDOWN | deb systemd | | BIOS | IMIM | /dev/debian9-vg/root
debian10 | DEBIAN debian 10.13 | GRUB2 4.19.0-27-amd64 of 1 | IFUPDOWN | deb systemd | parallels-tools | UEFI | IMIM | /dev/sda2
debian11 | DEBIAN debian 11.9 | GRUB2 5.10.0-28-amd64 of 1 | NETWORKD | deb systemd | | BIOS | MMMM | /dev/sda1
debian12 | DEBIAN debian 12.5 | GRUB2 6.1.0-18-amd64 of 1 | IFUPDOWN | deb systemd | open-vm-tools | UEFI | MMMM | /dev/sda2
debian13 | DEBIAN debian 13.0 | GRUB2 6.12.38+deb13-amd64 of 1 | NETWORK_MANAGER | deb systemd | | UEFI | IMIM | /dev/sda2
""")
  void knowsEveryRelease(
      String name,
      String distribution,
      String boot,
      String networks,
      String traits,
      String tools,
      String firmware,
      String drivers,
      String root)
      throws IOException {
    SyntheticGuest guest = SyntheticGuest.load(name);
    Inspection inspection = inspect(guest);
    assertThat(inspection.errors()).isEmpty();
    LinuxFacts facts = (LinuxFacts) inspection.system().orElseThrow();
    assertThat(describe(facts)).isEqualTo(distribution);
    Kernel first =
        facts.kernels().stream()
            .filter(k -> facts.bootLoader().defaultKernel().filter(k.version()::equals).isPresent())
            .findFirst()
            .orElseThrow();
    assertThat(
            "%s %s of %d"
                .formatted(facts.bootLoader().kind(), first.version(), facts.kernels().size()))
        .isEqualTo(boot);
    assertThat(words(facts.networkSystems().stream().map(Enum::name))).isEqualTo(networks);
    assertThat(
            facts.packageFormat().orElse("")
                + (facts.systemd() ? " systemd" : " sysv")
                + (facts.selinux() ? " selinux" : ""))
        .isEqualTo(traits);
    assertThat(words(facts.hypervisorTools().stream())).isEqualTo(tools == null ? "" : tools);
    assertThat(inspection.firmware().name()).isEqualTo(firmware);
    assertThat(drivers(first)).isEqualTo(drivers);
    assertThat(
            facts.rootDevice() + facts.rootSubvolume().map(subvolume -> ":" + subvolume).orElse(""))
        .isEqualTo(root);
    assertThat(first.modules()).isPresent();
    assertThat(first.initramfs()).isPresent();
    assertThat(mountPoints(inspection)).containsExactlyElementsOf(mountPoints(guest));
    assertThat(inspection.findings())
        .filteredOn(finding -> finding.code().name().startsWith("GUEST_"))
        .isEmpty();
  }

  @Test
  void knowsAllThereAre() throws IOException {
    Path directory = Path.of("src/test/resources/io/vmferry/guest/synthetic");
    try (Stream<Path> files = Files.list(directory)) {
      assertThat(files.filter(file -> file.toString().endsWith(".guest"))).hasSize(29);
    }
  }

  @Test
  void warnsWhereAKernelFitsXenInstancesOnly() throws IOException {
    assertThat(inspect(SyntheticGuest.load("ubuntu1204")).findings())
        .extracting(Finding::detail)
        .contains("the kernel 3.2.0-126-generic has no nvme: only Xen instances boot it");
    assertThat(inspect(SyntheticGuest.load("centos6")).findings())
        .extracting(Finding::detail)
        .contains(
            "the kernel 2.6.32-754.el6.x86_64 has nvme but no ena: it has a network on Xen"
                + " instances only");
  }

  @Test
  void tellsThatTheFallbackLoaderIsMissing() throws IOException {
    assertThat(inspect(SyntheticGuest.load("debian10")).findings())
        .extracting(Finding::code)
        .contains(ErrorCode.UEFI_LOADER_MISSING);
    assertThat(inspect(SyntheticGuest.load("debian13")).findings())
        .extracting(Finding::code)
        .doesNotContain(ErrorCode.UEFI_LOADER_MISSING);
  }

  /** Inspects a synthetic guest; Btrfs guests have their release's default subvolume. */
  static Inspection inspect(SyntheticGuest guest) throws IOException {
    InMemoryDevices devices = InMemoryDevices.of(guest);
    for (var fs : guest.fileSystems()) {
      if (fs.subvolumes().contains("root")) {
        devices.tree(fs.device() + ":root", devices.tree(fs.device()));
        devices.tree(fs.device() + ":home", new InMemoryGuest());
        devices.tree(fs.device(), new InMemoryGuest().directory("/root"));
      }
      if (fs.subvolumes().contains("@/.snapshots/1/snapshot")) {
        devices.byDefault(fs.device(), "@/.snapshots/1/snapshot");
        devices.tree(fs.device() + ":@/.snapshots/2/snapshot", devices.tree(fs.device()));
        for (String empty : List.of("@/home", "@/var", "@/var/log", "@/.snapshots")) {
          devices.tree(fs.device() + ":" + empty, new InMemoryGuest());
        }
      }
    }
    return GuestInspection.inspect(headers(guest), devices);
  }

  /** Headers with GRUB's boot code where a BIOS boots the guest. */
  static DiskInspection headers(SyntheticGuest guest) {
    List<DiskLayout> layouts = new ArrayList<>();
    for (DiskFacts disk : guest.disks()) {
      DiskLayout plain =
          new DiskLayout(disk, 512, DiskLayout.BootCode.NONE, false, false, List.of());
      boolean grub = !plain.hasEfiSystemPartition() || plain.hasBiosBootPartition();
      layouts.add(
          new DiskLayout(
              disk,
              512,
              grub ? DiskLayout.BootCode.GRUB : DiskLayout.BootCode.NONE,
              false,
              false,
              List.of()));
    }
    return new DiskInspection(List.copyOf(layouts), guest.fileSystems());
  }

  private static Set<String> mountPoints(Inspection inspection) {
    return inspection.fileSystems().stream()
        .map(fs -> fs.device() + " " + fs.mountPoint().orElse("-"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> mountPoints(SyntheticGuest guest) {
    return guest.fileSystems().stream()
        .map(fs -> fs.device() + " " + fs.mountPoint().orElse("-"))
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static String describe(LinuxFacts facts) {
    var distribution = facts.distribution();
    String version =
        distribution.major().isEmpty()
            ? ""
            : " "
                + distribution.major().getAsInt()
                + (distribution.minor().isEmpty() ? "" : "." + distribution.minor().getAsInt());
    return distribution.family() + " " + distribution.id() + version;
  }

  private static String drivers(Kernel kernel) {
    StringBuilder letters = new StringBuilder();
    for (Driver driver : Driver.values()) {
      letters.append(
          switch (kernel.drivers().get(driver)) {
            case BUILT_IN -> 'B';
            case MODULE_IN_INITRAMFS -> 'I';
            case MODULE -> 'M';
            case ABSENT -> '-';
            case null -> '?';
          });
    }
    return letters.toString();
  }

  private static String words(Stream<String> words) {
    return words.sorted().collect(Collectors.joining(" "));
  }
}
