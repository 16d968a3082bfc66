package io.vmferry.guest.appliance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.Tools;
import io.vmferry.disk.io.CachingByteSource;
import io.vmferry.disk.io.CountingByteSource;
import io.vmferry.disk.io.FileByteSource;
import io.vmferry.disk.overlay.OverlayImage;
import io.vmferry.disk.raw.RawFormat;
import io.vmferry.disk.vmdk.VmdkFormat;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.DiskFacts;
import io.vmferry.guest.DiskFacts.PartitionTable;
import io.vmferry.guest.FileStatus;
import io.vmferry.guest.FileSystemFacts;
import io.vmferry.guest.FileType;
import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.WritableGuestFiles;
import io.vmferry.guest.appliance.GuestAppliance.Access;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** One appliance for all, for its start takes long; the last test ends it. */
@Timeout(600)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Execution(ExecutionMode.SAME_THREAD)
class GuestApplianceIT {
  private static final Duration MINUTE = Duration.ofMinutes(1);

  @TempDir static Path directory;
  private Path disk = Path.of("/");
  private CountingByteSource counted;
  private OverlayImage overlay;
  private GuestAppliance appliance;
  private WritableGuestFiles files;

  @BeforeAll
  void open() throws IOException {
    disk = directory.resolve("disk.raw");
    GuestDisk.make(disk);
    counted = new CountingByteSource(FileByteSource.open(disk));
    overlay =
        OverlayImage.over(
            new RawFormat()
                .open(
                    new CachingByteSource(counted, 1 << 20, 64 << 20, 2), ReferenceResolver.REFUSE),
            directory,
            1L << 30);
    appliance = GuestAppliance.open(List.of(overlay), options());
    files = appliance.files();
    assertThat(appliance.mount("/dev/vg/root", Optional.empty(), "/", Access.WRITE)).isEmpty();
    assertThat(appliance.mount("/dev/sda2", Optional.empty(), "/boot", Access.WRITE)).isEmpty();
    assertThat(appliance.mount("/dev/sda3", Optional.empty(), "/data", Access.WRITE)).isEmpty();
    assertThat(appliance.mount("/dev/sda5", Optional.empty(), "/win", Access.WRITE)).isEmpty();
  }

  @AfterAll
  void close() throws IOException {
    if (appliance != null) {
      appliance.close();
    }
    if (overlay != null) {
      overlay.close();
    }
  }

  private static ApplianceOptions options() {
    return ApplianceOptions.defaults();
  }

  @Test
  @Order(1)
  void tellsThePartitions() throws IOException {
    DiskFacts facts = appliance.disks().getFirst();
    assertThat(appliance.disks()).hasSize(1);
    assertThat(facts.bytes()).isEqualTo(1L << 30);
    assertThat(facts.table()).isEqualTo(PartitionTable.GPT);
    assertThat(facts.partitions())
        .extracting(DiskFacts.Partition::number)
        .containsExactly(1, 2, 3, 4, 5, 6);
    DiskFacts.Partition system = facts.partitions().getFirst();
    assertThat(system.type()).isEqualTo("C12A7328-F81F-11D2-BA4B-00A0C93EC93B");
    assertThat(system.start()).isEqualTo(2048 * 512);
    assertThat(system.bytes()).isEqualTo((69631 - 2048 + 1) * 512L);
    assertThat(facts.partitions().get(1).uuid()).contains("11111111-2222-3333-4444-555555555555");
  }

  @Test
  @Order(1)
  void tellsTheFileSystems() throws IOException {
    Map<String, FileSystemFacts> found =
        appliance.fileSystems().stream()
            .collect(Collectors.toMap(FileSystemFacts::device, Function.identity()));
    assertThat(found.keySet())
        .containsExactlyInAnyOrder(
            "/dev/sda1",
            "/dev/sda2",
            "/dev/sda3",
            "/dev/sda4",
            "/dev/sda5",
            "/dev/sda6",
            "/dev/vg/root");
    assertThat(at(found, "/dev/sda1").type()).isEqualTo("vfat");
    assertThat(at(found, "/dev/sda1").label()).contains("EFI");
    FileSystemFacts boot = at(found, "/dev/sda2");
    assertThat(boot.type()).isEqualTo("ext4");
    assertThat(boot.label()).contains("boot");
    assertThat(boot.uuid()).isPresent();
    assertThat(boot.partition()).hasValue(2);
    assertThat(boot.partitionUuid()).contains("11111111-2222-3333-4444-555555555555");
    assertThat(at(found, "/dev/sda3").type()).isEqualTo("xfs");
    assertThat(at(found, "/dev/sda4").subvolumes()).containsExactlyInAnyOrder("@", "@home");
    assertThat(at(found, "/dev/sda5").type()).isEqualTo("ntfs");
    assertThat(at(found, "/dev/sda6").type()).isEqualTo("LVM2_member");
    FileSystemFacts root = at(found, "/dev/vg/root");
    assertThat(root.type()).isEqualTo("ext4");
    assertThat(root.disk()).isEmpty();
    assertThat(root.partition()).isEmpty();
  }

  private static FileSystemFacts at(Map<String, FileSystemFacts> found, String device) {
    return Objects.requireNonNull(found.get(device));
  }

  @Test
  @Order(1)
  void tellsAStatusWithoutFollowingTheLastLink() throws IOException {
    assertThat(files.status("/etc/fstab"))
        .contains(new FileStatus(FileType.REGULAR, 27, 0640, 7, 9, Optional.empty()));
    assertThat(files.status("/lib/os-release").orElseThrow().size()).isEqualTo(9);
    assertThat(files.status("/etc/absolute").orElseThrow().linkTarget()).contains("/etc/fstab");
    assertThat(files.status("/").orElseThrow().isDirectory()).isTrue();
    assertThat(files.status("/etc/none")).isEmpty();
    assertThat(files.status("/etc/fstab/none")).isEmpty();
    assertThat(files.status("/etc/loop/none")).isEmpty();
    assertThat(files.status("/etc/zero").orElseThrow().type()).isEqualTo(FileType.SPECIAL);
    assertThat(files.status("/etc/fifo").orElseThrow().type()).isEqualTo(FileType.SPECIAL);
    assertThat(files.status("/win/file.txt").orElseThrow().isRegular()).isTrue();
    assertThatThrownBy(() -> files.status("/etc/../etc"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  @Order(1)
  void listsADirectoryAsItsFilesAreOneByOne() throws IOException {
    List<String> names = files.list("/etc");
    assertThat(names)
        .contains("absolute", "fifo", "fstab", "huge", "naïve name", "zero")
        .isSorted();
    for (String name : names) {
      Optional<FileStatus> learned = files.status("/etc/" + name);
      ((ApplianceFiles) files).forget();
      assertThat(files.status("/etc/" + name)).isEqualTo(learned);
    }
    assertThat(files.list("/etc/dir")).as("a link is no directory").isEmpty();
    assertThat(files.list("/etc/fstab")).isEmpty();
    assertThat(files.list("/none")).isEmpty();
  }

  @Test
  @Order(1)
  void readsRegularFilesOnly() throws IOException {
    assertThat(text("/etc/fstab")).isEqualTo("UUID=x / ext4 defaults 0 1\n");
    assertThat(text("/etc/naïve name")).isEqualTo("é");
    assertThat(text("/data/file")).isEqualTo("xfs");
    assertThat(text("/win/file.txt")).isEqualTo("ntfs");
    for (String path : List.of("/etc/zero", "/etc/fifo", "/etc", "/etc/absolute", "/etc/none")) {
      assertThatThrownBy(() -> files.read(path, 0, ByteBuffer.allocate(10)))
          .as(path)
          .isInstanceOfSatisfying(
              VmferryException.class,
              e -> assertThat(e.code()).isEqualTo(ErrorCode.GUEST_FILE_UNREADABLE));
    }
    ByteBuffer end = ByteBuffer.allocate(100);
    assertThat(files.read("/etc/huge", (10L << 30) - 7, end)).isEqualTo(7);
    assertThat(files.read("/etc/huge", 10L << 30, end)).isZero();
  }

  private String text(String path) throws IOException {
    ByteBuffer content = ByteBuffer.allocate(1000);
    int length = files.read(path, 0, content);
    return new String(content.array(), 0, length, StandardCharsets.UTF_8);
  }

  @Test
  @Order(1)
  void keepsLinksInsideTheGuest() throws IOException {
    // The appliance has an /etc/passwd and a /tmp of its own; the guest has neither.
    assertThat(GuestPaths.resolve(files, "/etc/out")).isEmpty();
    assertThat(GuestPaths.resolve(files, "/etc/proc")).isEmpty();
    assertThat(files.status("/etc/outside/x")).isEmpty();
    assertThat(files.status("/etc/proc/x")).isEmpty();
    assertThatThrownBy(() -> files.copy("/etc/fstab", "/etc/outside/copy"))
        .isInstanceOf(VmferryException.class);
    assertThatThrownBy(() -> files.symlink("x", "/etc/outside/link"))
        .isInstanceOf(VmferryException.class);
    assertThatThrownBy(
            () -> files.replace("/etc/out", ByteBuffer.allocate(1), FileStatus.ofNewFile(0644)))
        .isInstanceOf(VmferryException.class);
    assertThat(appliance.mount("/dev/sda1", Optional.empty(), "/etc/outside", Access.READ))
        .contains("the guest has no directory /etc/outside");
  }

  /** As a guest in S3 is read: each read of the source is a GET. */
  @Test
  @Order(2)
  void hasReadLittleOfTheDiskByFewLargeReads() {
    assertThat(counted.calls()).isLessThan(200);
    assertThat(counted.bytes() / counted.calls()).isGreaterThan(1 << 19);
    assertThat(counted.bytes()).isLessThan((1L << 30) / 5);
  }

  @Test
  @Order(3)
  void replacesContentAndKeepsTheLabel() throws IOException {
    FileStatus before = files.status("/etc/fstab").orElseThrow();
    files.replace("/etc/fstab", bytes("new\n"), before);
    assertThat(text("/etc/fstab")).isEqualTo("new\n");
    assertThat(files.status("/etc/fstab"))
        .contains(new FileStatus(FileType.REGULAR, 4, 0640, 7, 9, Optional.empty()));
    files.copy("/etc/dir/fstab", "/etc/dir/fstab.copy");
    assertThat(files.status("/etc/fstab.copy")).isEqualTo(files.status("/etc/fstab"));
  }

  @Test
  @Order(3)
  void makesFilesWithTheirParents() throws IOException {
    files.replace("/etc/a/b/file", bytes("x"), FileStatus.ofNewFile(04755));
    assertThat(files.status("/etc/a/b/file"))
        .contains(new FileStatus(FileType.REGULAR, 1, 04755, 0, 0, Optional.empty()));
    assertThat(files.status("/etc/a").orElseThrow().mode()).isEqualTo(0755);
    files.symlink("/no/where", "/etc/c/link");
    assertThat(files.status("/etc/c/link").orElseThrow().linkTarget()).contains("/no/where");
    files.replace("/etc/empty", bytes(""), FileStatus.ofNewFile(0600));
    assertThat(files.status("/etc/empty").orElseThrow().size()).isZero();
  }

  @Test
  @Order(3)
  void writesAndAppendsMoreThanAMessageHolds() throws IOException {
    byte[] content = new byte[(9 << 20) + 13];
    new Random(4).nextBytes(content);
    files.replace("/boot/initrd", ByteBuffer.wrap(content, 0, 5 << 20), FileStatus.ofNewFile(0600));
    files.append("/boot/initrd", ByteBuffer.wrap(content, 5 << 20, content.length - (5 << 20)));
    ByteBuffer actual = ByteBuffer.allocate(content.length + 10);
    assertThat(files.read("/boot/initrd", 0, actual)).isEqualTo(content.length);
    assertThat(Arrays.copyOf(actual.array(), content.length)).isEqualTo(content);
  }

  @Test
  @Order(3)
  void renames() throws IOException {
    files.replace("/etc/old", bytes("x"), FileStatus.ofNewFile(0644));
    files.rename("/etc/old", "/etc/.old.orig");
    assertThat(files.status("/etc/old")).isEmpty();
    assertThat(text("/etc/.old.orig")).isEqualTo("x");
    assertUnwritable(() -> files.rename("/etc/.old.orig", "/etc/fstab"));
    assertUnwritable(() -> files.rename("/etc/none", "/etc/new"));
  }

  @Test
  @Order(3)
  void tellsWhatTheFileSystemRefuses() throws IOException {
    assertUnwritable(() -> files.replace("/etc/immutable", bytes("x"), FileStatus.ofNewFile(0644)));
    assertThat(text("/etc/immutable")).isEqualTo("stays");
    assertUnwritable(() -> files.append("/etc/zero", bytes("x")));
    assertUnwritable(() -> files.append("/etc/none", bytes("x")));
    assertUnwritable(() -> files.copy("/etc/fifo", "/etc/fifo.copy"));
    int free = Math.toIntExact(files.freeBytes("/win/file.txt"));
    assertThat(free).isBetween(1 << 20, 22 << 20);
    assertUnwritable(
        () ->
            files.replace(
                "/win/large", ByteBuffer.allocate(free + (4 << 20)), FileStatus.ofNewFile(0644)));
  }

  @FunctionalInterface
  private interface Change {
    void make() throws IOException;
  }

  private static void assertUnwritable(Change change) {
    assertThatThrownBy(change::make)
        .isInstanceOfSatisfying(
            VmferryException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.GUEST_FILE_UNWRITABLE));
  }

  private static ByteBuffer bytes(String text) {
    return StandardCharsets.UTF_8.encode(text);
  }

  @Test
  @Order(3)
  void refusesAZeroCharacter() {
    assertThatThrownBy(() -> files.status("/etc/\0")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  @Order(3)
  void runsTheGuestsPrograms() {
    assertThat(
            appliance
                .commands()
                .run(List.of("dash", "-c", "echo $0; echo made >/etc/by-command"), MINUTE))
        .isEqualTo("dash\n");
    assertThatCode(() -> assertThat(text("/etc/by-command")).isEqualTo("made\n"))
        .doesNotThrowAnyException();
    assertThatThrownBy(
            () -> appliance.commands().run(List.of("sleep", "300"), Duration.ofSeconds(3)))
        .isInstanceOfSatisfying(
            VmferryException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.GUEST_COMMAND_FAILED))
        .hasMessageContaining("sleep 300: did not end in 3 s");
    assertThatThrownBy(
            () -> appliance.commands().run(List.of("dash", "-c", "echo why >&2; exit 3"), MINUTE))
        .isInstanceOfSatisfying(
            VmferryException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.GUEST_COMMAND_FAILED))
        .hasMessageContaining("why");
  }

  @Test
  @Order(3)
  void tellsThatAProgramFails() {
    assertThatThrownBy(
            () -> appliance.commands().run(List.of("/no/such/program"), Duration.ofSeconds(20)))
        .isInstanceOfSatisfying(
            VmferryException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.GUEST_COMMAND_FAILED));
  }

  @Test
  @Order(4)
  void mountsASubvolume() throws IOException {
    appliance.unmountAll();
    assertThat(appliance.mount("/dev/sda4", Optional.of("@"), "/", Access.READ)).isEmpty();
    assertThat(text("/in-subvolume")).isEqualTo("btrfs");
    assertUnwritable(() -> files.replace("/new", bytes("x"), FileStatus.ofNewFile(0644)));
    appliance.unmountAll();
    assertThat(appliance.mount("/dev/sda6", Optional.empty(), "/", Access.READ)).isPresent();
  }

  @Test
  @Order(4)
  void writesFilesWhereTheFileSystemHasNoOwnersAndModes() throws IOException {
    appliance.unmountAll();
    assertThat(appliance.mount("/dev/sda1", Optional.empty(), "/", Access.WRITE)).isEmpty();
    files.replace("/EFI/BOOT/BOOTX64.EFI", bytes("loader"), FileStatus.ofNewFile(0600));
    assertThat(text("/EFI/BOOT/BOOTX64.EFI")).isEqualTo("loader");
    files.copy("/EFI/BOOT/BOOTX64.EFI", "/EFI/copy.efi");
    assertThat(text("/EFI/copy.efi")).isEqualTo("loader");
    files.rename("/EFI/copy.efi", "/EFI/.copy.efi.orig");
    assertThat(files.list("/EFI")).containsExactly(".copy.efi.orig", "BOOT");
    assertUnwritable(() -> files.symlink("BOOT", "/EFI/link"));
  }

  @Test
  @Order(5)
  void savesWhatItChangedAndNothingElse() throws IOException {
    appliance.finish();
    appliance.close();
    Path saved = directory.resolve("changes.vmdk");
    try (OutputStream out = Files.newOutputStream(saved)) {
      overlay.save(out);
    }
    Path merged = directory.resolve("merged.raw");
    Files.copy(disk, merged);
    try (DiskImage changes =
            new VmdkFormat().open(FileByteSource.open(saved), ReferenceResolver.REFUSE);
        var channel = FileChannel.open(merged, StandardOpenOption.WRITE)) {
      int[] blocks = overlay.changedBlocks().toArray();
      // 9 MiB of initrd and the file systems' own; far from the whole.
      assertThat(blocks.length).isBetween(18, 400);
      for (int block : blocks) {
        ByteBuffer content = ByteBuffer.allocate(OverlayImage.BLOCK_SIZE);
        changes.readFully((long) block * OverlayImage.BLOCK_SIZE, content);
        channel.write(content.flip(), (long) block * OverlayImage.BLOCK_SIZE);
      }
    }
    String found =
        Tools.run(
            "env",
            "LIBGUESTFS_BACKEND=direct",
            "LIBGUESTFS_BACKEND_SETTINGS=force_tcg",
            "guestfish",
            "--format=raw",
            "-a",
            merged.toString(),
            "run",
            ":",
            "e2fsck",
            "/dev/vg/root",
            "correct:true",
            ":",
            "mount",
            "/dev/vg/root",
            "/",
            ":",
            "mount",
            "/dev/sda2",
            "/boot",
            ":",
            "cat",
            "/etc/fstab",
            ":",
            "lgetxattr",
            "/etc/fstab",
            "security.selinux",
            ":",
            "filesize",
            "/boot/initrd");
    assertThat(found)
        .contains("new\n", "system_u:object_r:etc_t:s0", Long.toString((9 << 20) + 13));
    assertThat(qemuProcesses()).isEmpty();
    try (var left = Files.list(directory)) {
      assertThat(left.map(path -> path.getFileName().toString()))
          .containsExactlyInAnyOrder("disk.raw", "guestfish.script", "changes.vmdk", "merged.raw");
    }
  }

  private static List<String> qemuProcesses() {
    return ProcessHandle.current()
        .descendants()
        .map(process -> process.info().command().orElse(""))
        .filter(command -> command.contains("qemu"))
        .toList();
  }
}
