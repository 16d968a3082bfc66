package io.vmferry.guest.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import io.vmferry.disk.partition.DiskLayout;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.DiskFacts;
import io.vmferry.guest.FileStatus;
import io.vmferry.guest.FileSystemFacts;
import io.vmferry.guest.FileType;
import io.vmferry.guest.Finding;
import io.vmferry.guest.Finding.Severity;
import io.vmferry.guest.GuestFiles;
import io.vmferry.guest.InMemoryGuest;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.SyntheticBinaries;
import io.vmferry.guest.SyntheticGuest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class GuestInspectionTest {
  private final SyntheticGuest debian = SyntheticGuest.load("debian9");
  private final InMemoryDevices devices = InMemoryDevices.of(debian);
  private final String root = "/dev/debian9-vg/root";

  @Test
  void findsNothingWrongWithAHealthyGuest() throws IOException {
    assertThat(inspect().findings()).isEmpty();
    inspect().requireImportable();
  }

  @Test
  void refusesSeveralRootsWithTheGuidesText() throws IOException {
    device("/dev/sdb1", "ext4", 1).tree("/dev/sdb1", root());
    assertError(ErrorCode.OS_SEVERAL, "there are systems on /dev/debian9-vg/root, /dev/sdb1");
    assertThatThrownBy(() -> inspect().requireImportable())
        .isInstanceOf(VmferryException.class)
        .hasMessageStartingWith(
            "ClientError: Unsupported configuration - Multiple directories found: ");
    assertThat(inspect().facts()).isEmpty();
  }

  @Test
  void refusesWindowsBesideLinux() throws IOException {
    device("/dev/sdb1", "ntfs", 1)
        .tree("/dev/sdb1", new InMemoryGuest().directory("/WINDOWS/system32/config"));
    assertError(ErrorCode.OS_SEVERAL, "there are systems on /dev/debian9-vg/root, /dev/sdb1");
  }

  @Test
  void takesSnapshotsOfBtrfsForNoFurtherRoots() throws IOException {
    InMemoryDevices btrfs = new InMemoryDevices();
    btrfs.device(
        fileSystem("/dev/sda2", "btrfs", 0, List.of("@", "@home", "timeshift/snapshots/1/@")));
    btrfs.tree("/dev/sda2", new InMemoryGuest());
    for (String subvolume : List.of("@", "timeshift/snapshots/1/@")) {
      btrfs.tree("/dev/sda2:" + subvolume, root());
    }
    Inspection inspection = GuestInspection.inspect(headers(), btrfs);
    assertThat(((LinuxFacts) inspection.system().orElseThrow()).rootSubvolume()).contains("@");
  }

  @Test
  void choosesAmongSubvolumesTheOneWhoseFstabMountsIt() throws IOException {
    InMemoryDevices btrfs = new InMemoryDevices();
    btrfs.device(fileSystem("/dev/sda2", "btrfs", 0, List.of("old", "new")));
    btrfs.tree("/dev/sda2", new InMemoryGuest());
    for (String subvolume : List.of("old", "new")) {
      btrfs.tree(
          "/dev/sda2:" + subvolume,
          root().file("/etc/fstab", "/dev/sda2 / btrfs subvol=/new 0 0\n"));
    }
    Inspection inspection = GuestInspection.inspect(headers(), btrfs);
    assertThat(((LinuxFacts) inspection.system().orElseThrow()).rootSubvolume()).contains("new");
  }

  @Test
  void tellsAMachineWithoutASystem() throws IOException {
    devices.tree(root, new InMemoryGuest().directory("/home"));
    assertError(ErrorCode.OS_NOT_FOUND, "none of 4 file systems");
  }

  @Test
  void tellsAnEncryptedRoot() throws IOException {
    InMemoryDevices encrypted = new InMemoryDevices();
    encrypted.device(fileSystem("/dev/sda2", "crypto_LUKS", 0, List.of()));
    assertThat(GuestInspection.inspect(headers(), encrypted).errors())
        .extracting(Finding::code)
        .containsExactly(ErrorCode.DISK_ENCRYPTED);
  }

  @Test
  void refusesVolumeGroupsThatTheBootNeedsWithTheGuidesText() throws IOException {
    devices.fails("debian9-vg lacks a physical volume");
    assertThat(inspect().findings())
        .containsExactly(
            new Finding(
                Severity.WARNING, ErrorCode.LVM_FAILED, "debian9-vg lacks a physical volume"));
    InMemoryGuest files = devices.tree(root);
    files.file(
        "/etc/fstab",
        files.textOf("/etc/fstab") + "/dev/mapper/debian9--vg-home /home ext4 defaults 0 2\n");
    assertError(ErrorCode.LVM_FAILED, "debian9-vg lacks a physical volume");
    assertThat(ErrorCode.LVM_FAILED.guideText())
        .isEqualTo(
            "ClientError: Unsupported configuration - Logical volume group activation failed");
    InMemoryDevices nothing = new InMemoryDevices().fails("vg is incomplete");
    assertThat(GuestInspection.inspect(headers(), nothing).errors())
        .extracting(Finding::code)
        .containsExactly(ErrorCode.LVM_FAILED);
  }

  @Test
  void refusesAnUnreadableFstabWithTheGuidesText() throws IOException {
    InMemoryGuest files = devices.tree(root);
    files.rename("/etc/fstab", "/etc/was");
    assertThat(inspect().findings())
        .extracting(Finding::severity, Finding::code)
        .contains(tuple(Severity.WARNING, ErrorCode.FSTAB_UNREADABLE));
    files.special("/etc/fstab");
    assertError(ErrorCode.FSTAB_UNREADABLE, "/etc/fstab is SPECIAL");
    files.rename("/etc/fstab", "/etc/was-special");
    files.link("/etc/fstab", "/etc/../../../nowhere");
    assertError(ErrorCode.FSTAB_UNREADABLE, "/etc/fstab leads nowhere");
    assertThat(ErrorCode.FSTAB_UNREADABLE.guideText())
        .isEqualTo("ClientError: Invalid configuration - Could not read fstab");
  }

  @Test
  void neverReadsAnFstabOfManyGibibytes() throws IOException {
    InMemoryGuest files = devices.tree(root);
    BlockDevices sparse = new Wrapped(devices, guest -> new SparseFstab(guest));
    files.file("/etc/fstab", "");
    assertThat(GuestInspection.inspect(headers(), sparse).errors())
        .singleElement()
        .satisfies(
            finding -> {
              assertThat(finding.code()).isEqualTo(ErrorCode.FSTAB_UNREADABLE);
              assertThat(finding.detail()).contains("10737418240 bytes");
            });
  }

  @Test
  void tellsEntriesOfFstabThatNoDiskHas() throws IOException {
    InMemoryGuest files = devices.tree(root);
    files.file(
        "/etc/fstab",
        files.textOf("/etc/fstab")
            + "UUID=0-0 /data ext4 defaults 0 2\n/dev/sdz1 /x\ny\text4\n/dev/sr0 /cd udf ro 0 0\n"
            + "UUID=1-1 /optional ext4 nofail 0 2\n");
    assertThat(inspect().findings())
        .filteredOn(finding -> finding.code() == ErrorCode.FSTAB_ENTRY_UNKNOWN)
        .extracting(Finding::detail)
        .satisfiesExactlyInAnyOrder(
            detail -> assertThat(detail).contains("UUID=0-0 at /data"),
            detail -> assertThat(detail).contains("'/dev/sdz1 /x'"),
            detail -> assertThat(detail).contains("'y\\u0009ext4'"));
  }

  @ParameterizedTest
  @CsvSource({"i386, OS_32_BIT", "ppc64, OS_UNSUPPORTED"})
  void refusesOtherProcessors(String machine, ErrorCode code) throws IOException {
    devices.tree(root).file("/bin/dash", SyntheticBinaries.elf(machine), 0755);
    assertError(code, "/bin/sh");
  }

  @Test
  void refusesAGuestWithoutAKernel() throws IOException {
    devices.tree("/dev/sda1").rename("/vmlinuz-4.9.0-19-amd64", "/gone");
    assertError(ErrorCode.KERNEL_NOT_FOUND, "there is no kernel");
  }

  @Test
  void refusesAKernelThatFindsItsDiskOnNoInstance() throws IOException {
    InMemoryGuest files = devices.tree(root);
    files.file("/lib/modules/4.9.0-19-amd64/modules.dep", "kernel/drivers/scsi/vmw_pvscsi.ko:\n");
    assertError(ErrorCode.KERNEL_WITHOUT_DRIVERS, "neither nvme nor xen-blkfront");
  }

  @Test
  void findsModulesWhereDepmodWasNotRun() throws IOException {
    devices.tree(root).file("/lib/modules/4.9.0-19-amd64/modules.dep", "");
    assertThat(inspect().findings()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "/,     99999999, 1000, ERROR",
    "/,    100000000,   99, ERROR",
    "/boot, 49999999, 1000, ERROR",
    "/boot, 50000000,  100, ",
  })
  void refusesFullFileSystems(String mountPoint, long bytes, long inodes, Severity severity)
      throws IOException {
    devices.space(mountPoint, bytes, inodes);
    assertThat(inspect().findings())
        .extracting(Finding::severity)
        .isEqualTo(severity == null ? List.of() : List.of(severity));
  }

  @Test
  void tellsARootOnAnotherDisk() throws IOException {
    InMemoryDevices two = new InMemoryDevices();
    two.device(fileSystem("/dev/sdb1", "ext4", 1, List.of())).tree("/dev/sdb1", root());
    assertThat(GuestInspection.inspect(headers(), two).findings())
        .extracting(Finding::code)
        .contains(ErrorCode.ROOT_NOT_ON_FIRST_DISK);
  }

  @Test
  void importsWindowsAsItIs() throws IOException {
    InMemoryDevices windows = new InMemoryDevices();
    windows
        .device(fileSystem("/dev/sda1", "ntfs", 0, List.of()))
        .tree("/dev/sda1", new InMemoryGuest().directory("/Windows/System32/config"));
    Inspection inspection = GuestInspection.inspect(headers(), windows);
    assertThat(inspection.errors()).isEmpty();
    assertThat(inspection.findings())
        .containsExactly(
            new Finding(Severity.WARNING, ErrorCode.OS_NOT_MODIFIED, "/dev/sda1 holds Windows"));
    assertThat(inspection.facts()).isEmpty();
  }

  @Test
  void tellsWhatAConversionFromAPhysicalMachineLeftBehind() throws IOException {
    devices.tree(root).directory("/opt/dell/srvadmin");
    assertThat(inspect().findings())
        .extracting(Finding::severity, Finding::code)
        .containsExactly(tuple(Severity.WARNING, ErrorCode.HYPERVISOR_TOOLS_FOUND));
  }

  @Test
  void refusesDisksThatNothingBoots() throws IOException {
    DiskFacts facts = debian.disks().getFirst();
    DiskLayout bare = new DiskLayout(facts, 512, DiskLayout.BootCode.NONE, false, false, List.of());
    DiskInspection headers = new DiskInspection(List.of(bare), List.of());
    assertThat(headers.findings())
        .extracting(Finding::code)
        .containsExactly(ErrorCode.PARTITION_NOT_BOOTABLE);
    DiskLayout empty =
        new DiskLayout(
            new DiskFacts(0, 1 << 20, DiskFacts.PartitionTable.NONE, List.of()),
            512,
            DiskLayout.BootCode.NONE,
            false,
            false,
            List.of());
    assertThat(new DiskInspection(List.of(empty), List.of()).findings())
        .extracting(Finding::code)
        .containsExactly(ErrorCode.PARTITION_NONE);
    assertThat(ErrorCode.PARTITION_NOT_BOOTABLE.guideText())
        .isEqualTo("Client.Unsupported: No bootable partition found");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/../../../etc/shadow", "(hd0,1)/../secret/vmlinuz-9.9.9"})
  void leavesBootEntriesThatPointOutsideAlone(String kernel) throws IOException {
    InMemoryGuest files = devices.tree("/dev/sda1");
    files.file("/grub/grub.cfg", "insmod blscfg\nblscfg\n");
    files.file("/loader/entries/evil.conf", "title Evil\nversion 9.9.9\nlinux " + kernel + "\n");
    Inspection inspection = inspect();
    assertThat(inspection.findings())
        .anySatisfy(
            finding -> {
              assertThat(finding.code()).isEqualTo(ErrorCode.GUEST_HOSTILE);
              assertThat(finding.detail()).contains(kernel);
            });
    assertThat(((LinuxFacts) inspection.system().orElseThrow()).kernels())
        .extracting(k -> k.image())
        .containsExactly("/boot/vmlinuz-4.9.0-19-amd64");
  }

  @Test
  void containsHostileNamesLinksAndDirectories() throws IOException {
    InMemoryGuest files = devices.tree(root);
    files.file("/etc/os-release", "ID=debian\nVERSION_ID=9\nPRETTY_NAME=\"x\u001b[31m\ty\"\n");
    files.directory("/opt");
    files.link("/etc/machine-id", "/proc/1/root/../../etc/passwd");
    files.link("/etc/netplan", "/etc/netplan");
    files.rename("/etc/network", "/etc/network.was");
    files.link("/etc/network", "../../../../../../etc");
    InMemoryGuest boot = devices.tree("/dev/sda1");
    boot.file("/vmlinuz-4.9\nevil", "x");
    BlockDevices huge = new Wrapped(devices, HugeDirectory::new);
    Inspection inspection = GuestInspection.inspect(headers(), huge);
    LinuxFacts facts = (LinuxFacts) inspection.system().orElseThrow();
    assertThat(facts.name()).isEqualTo("x\\u001b[31m\\u0009y");
    assertThat(inspection.findings())
        .extracting(Finding::code)
        .contains(ErrorCode.GUEST_FILE_UNREADABLE);
    assertThat(inspection.findings()).allSatisfy(f -> assertThat(f.detail()).doesNotContain("\n"));
  }

  @Test
  void takesADeviceThatCannotBeMountedForNoRoot() throws IOException {
    device("/dev/sdb1", "ext4", 1);
    assertThat(inspect().findings())
        .containsExactly(
            new Finding(
                Severity.WARNING,
                ErrorCode.FILE_SYSTEM_UNKNOWN,
                "cannot be mounted: /dev/sdb1: /dev/sdb1 cannot be mounted"));
  }

  @Test
  void passesOnWhatIsNotTheGuestsFault() {
    BlockDevices failing =
        new Wrapped(
            devices,
            files -> {
              throw new VmferryException(ErrorCode.SOURCE_CHANGED, "the object changed");
            });
    assertThatThrownBy(() -> GuestInspection.inspect(headers(), failing))
        .isInstanceOfSatisfying(
            VmferryException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.SOURCE_CHANGED));
  }

  private Inspection inspect() throws IOException {
    return GuestInspection.inspect(headers(), devices);
  }

  private DiskInspection headers() {
    return SyntheticGuestsTest.headers(debian);
  }

  private void assertError(ErrorCode code, String detail) throws IOException {
    List<Finding> errors = inspect().errors();
    assertThat(errors).extracting(Finding::code).containsExactly(code);
    assertThat(errors.getFirst().detail()).contains(detail);
  }

  private InMemoryDevices device(String device, String type, int disk) {
    return devices.device(fileSystem(device, type, disk, List.of()));
  }

  private static FileSystemFacts fileSystem(
      String device, String type, int disk, List<String> subvolumes) {
    return new FileSystemFacts(
        device,
        type,
        OptionalInt.of(disk),
        OptionalInt.of(device.charAt(device.length() - 1) - '0'),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        subvolumes,
        Optional.empty());
  }

  private static InMemoryGuest root() {
    return new InMemoryGuest().directory("/etc").directory("/bin").file("/etc/hosts", "");
  }

  /** Devices whose files are looked at through something else. */
  private record Wrapped(BlockDevices devices, UnaryOperator<GuestFiles> wrapper)
      implements BlockDevices {
    @Override
    public List<FileSystemFacts> fileSystems() throws IOException {
      return devices.fileSystems();
    }

    @Override
    public List<String> failedVolumeGroups() throws IOException {
      return devices.failedVolumeGroups();
    }

    @Override
    public Optional<String> defaultSubvolume(String device) throws IOException {
      return devices.defaultSubvolume(device);
    }

    @Override
    public GuestFiles mount(List<Mount> mounts) throws IOException {
      return wrapper.apply(devices.mount(mounts));
    }

    @Override
    public Space space(String mountPoint) throws IOException {
      return devices.space(mountPoint);
    }
  }

  /** A guest whose fstab is a file of 10 GiB, which nobody may read. */
  private record SparseFstab(GuestFiles files) implements GuestFiles {
    @Override
    public Optional<FileStatus> status(String path) throws IOException {
      return path.equals("/etc/fstab")
          ? Optional.of(new FileStatus(FileType.REGULAR, 10L << 30, 0644, 0, 0, Optional.empty()))
          : files.status(path);
    }

    @Override
    public List<String> list(String directory) throws IOException {
      return files.list(directory);
    }

    @Override
    public int read(String path, long offset, ByteBuffer destination) throws IOException {
      assertThat(path).isNotEqualTo("/etc/fstab");
      return files.read(path, offset, destination);
    }
  }

  /** A guest with more names in a directory than are ever listed. */
  private record HugeDirectory(GuestFiles files) implements GuestFiles {
    @Override
    public Optional<FileStatus> status(String path) throws IOException {
      return files.status(path);
    }

    @Override
    public List<String> list(String directory) throws IOException {
      if (directory.equals("/opt") || directory.equals("/etc")) {
        throw new VmferryException(
            ErrorCode.GUEST_FILE_UNREADABLE, directory + " has more than 100000 names");
      }
      return files.list(directory);
    }

    @Override
    public int read(String path, long offset, ByteBuffer destination) throws IOException {
      return files.read(path, offset, destination);
    }
  }
}
