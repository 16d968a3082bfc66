package io.vmferry.guest.inspect;

import io.vmferry.disk.partition.DiskLayout;
import io.vmferry.error.ErrorCode;
import io.vmferry.guest.DiskFacts;
import io.vmferry.guest.FileStatus;
import io.vmferry.guest.FileSystemFacts;
import io.vmferry.guest.Finding;
import io.vmferry.guest.Finding.Severity;
import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.linux.DeviceReference.Kind;
import io.vmferry.guest.linux.DeviceResolver;
import io.vmferry.guest.linux.Fstab;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/** Works out what a guest's boot mounts, by its fstab and, for the ESP, by its partitions. */
final class MountPlan {
  private static final int MAX_MOUNTS = 64;
  private static final Set<String> MOUNTABLE =
      Set.of("ext2", "ext3", "ext4", "xfs", "btrfs", "jfs", "reiserfs", "f2fs", "vfat");
  private static final List<String> ESP_MOUNT_POINTS = List.of("/boot/efi", "/efi");

  private final DiskInspection headers;
  private final List<FileSystemFacts> fileSystems;
  private final Mount root;
  private final List<Finding> findings = new ArrayList<>();
  private final List<Mount> mounts = new ArrayList<>();
  private boolean volumeMissing;

  MountPlan(DiskInspection headers, List<FileSystemFacts> fileSystems, Mount root) {
    this.headers = headers;
    this.fileSystems = fileSystems;
    this.root = root;
  }

  /** What is wrong with the fstab. */
  List<Finding> findings() {
    return findings;
  }

  /** Whether the boot needs a logical volume that is not there. */
  boolean volumeMissing() {
    return volumeMissing;
  }

  /** The mounts, the root first and parents before what lies in them. */
  List<Mount> make(GuestReader reader) throws IOException {
    mounts.add(root);
    readFstab(reader).ifPresent(this::addEntries);
    addEfiSystemPartition(reader);
    List<Mount> sorted = new ArrayList<>(mounts.subList(1, mounts.size()));
    sorted.sort(
        Comparator.comparingInt((Mount mount) -> mount.mountPoint().split("/", -1).length)
            .thenComparing(Mount::mountPoint));
    sorted.addFirst(root);
    return List.copyOf(sorted);
  }

  private Optional<Fstab> readFstab(GuestReader reader) throws IOException {
    Optional<FileStatus> status = reader.status("/etc/fstab");
    int before = reader.findings().size();
    Optional<String> text = reader.text("/etc/fstab");
    if (text.isEmpty()) {
      boolean odd = status.isPresent() || reader.exists("/etc/fstab");
      String found =
          reader.findings().size() > before
              ? reader.findings().removeLast().detail()
              : odd ? "/etc/fstab leads nowhere" : "there is no /etc/fstab";
      tell(odd ? Severity.ERROR : Severity.WARNING, ErrorCode.FSTAB_UNREADABLE, found);
      return Optional.empty();
    }
    Fstab table = Fstab.parse(text.get());
    for (Fstab.Invalid invalid : table.invalid()) {
      tell(
          Severity.WARNING,
          ErrorCode.FSTAB_ENTRY_UNKNOWN,
          "the line '%s' of /etc/fstab is invalid: %s"
              .formatted(GuestReader.printable(invalid.text().strip()), invalid.reason()));
    }
    if (table.entries().isEmpty()) {
      tell(Severity.WARNING, ErrorCode.FSTAB_UNREADABLE, "/etc/fstab has no entry");
    }
    return Optional.of(table);
  }

  private void addEntries(Fstab table) {
    DeviceResolver resolver = new DeviceResolver(fileSystems);
    Set<String> taken = new HashSet<>(Set.of("/"));
    for (Fstab.Entry entry : table.entries().reversed()) {
      if (entry.reference().kind() == Kind.OTHER || entry.reference().kind() == Kind.PARTLABEL) {
        continue;
      }
      Optional<FileSystemFacts> device = resolver.find(entry.reference());
      if (device.isEmpty()) {
        tellMissing(entry);
      } else if (isMounted(entry, device.get()) && taken.add(entry.mountPoint())) {
        add(entry, device.get());
      }
    }
  }

  private void add(Fstab.Entry entry, FileSystemFacts device) {
    if (mounts.size() >= MAX_MOUNTS) {
      return;
    }
    try {
      Optional<String> subvolume =
          device.type().equals("btrfs")
              ? entry.option("subvol").map(path -> path.replaceFirst("^/+", ""))
              : Optional.empty();
      mounts.add(new Mount(device.device(), subvolume, GuestPaths.check(normal(entry))));
    } catch (IllegalArgumentException e) {
      tell(
          Severity.WARNING,
          ErrorCode.GUEST_HOSTILE,
          "/etc/fstab mounts %s at %s"
              .formatted(device.device(), GuestReader.printable(entry.mountPoint())));
    }
  }

  private static String normal(Fstab.Entry entry) {
    String path = entry.mountPoint().replaceAll("/{2,}", "/");
    return path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
  }

  private static boolean isMounted(Fstab.Entry entry, FileSystemFacts device) {
    boolean boot = entry.mountPoint().equals("/boot") || entry.mountPoint().equals("/boot/efi");
    return entry.mountPoint().startsWith("/")
        && !entry.isSwap()
        && MOUNTABLE.contains(device.type())
        && (boot || !entry.options().contains("noauto"));
  }

  private void tellMissing(Fstab.Entry entry) {
    boolean removable =
        entry.device().startsWith("/dev/sr")
            || entry.device().startsWith("/dev/fd")
            || entry.device().contains("cdrom")
            || entry.device().contains("floppy");
    // A volume by its own identifier is there if its group is.
    boolean byVolume = entry.reference().kind() == Kind.HARDWARE && !entry.reference().isUnstable();
    if (removable || entry.isOptional() || byVolume) {
      return;
    }
    volumeMissing |= entry.device().startsWith("/dev/mapper/");
    tell(
        Severity.WARNING,
        ErrorCode.FSTAB_ENTRY_UNKNOWN,
        "/etc/fstab mounts %s at %s, and no disk of the machine has it"
            .formatted(
                GuestReader.printable(entry.device()), GuestReader.printable(entry.mountPoint())));
  }

  /** systemd mounts the ESP without an entry, and others leave it unmounted after installing. */
  private void addEfiSystemPartition(GuestReader reader) throws IOException {
    Optional<FileSystemFacts> esp = efiSystemPartition();
    boolean known =
        esp.isEmpty()
            || mounts.stream().anyMatch(mount -> mount.device().equals(esp.get().device()));
    if (known) {
      return;
    }
    boolean bootMounted = mounts.stream().anyMatch(mount -> mount.mountPoint().equals("/boot"));
    for (String place : ESP_MOUNT_POINTS) {
      boolean fits = (bootMounted && place.startsWith("/boot/")) || reader.isDirectory(place);
      if (fits && mounts.stream().noneMatch(mount -> mount.mountPoint().equals(place))) {
        mounts.add(new Mount(esp.get().device(), Optional.empty(), place));
        return;
      }
    }
    if (!bootMounted && reader.isDirectory("/boot") && reader.list("/boot").isEmpty()) {
      mounts.add(new Mount(esp.get().device(), Optional.empty(), "/boot"));
    }
  }

  /** The first disk's ESP. */
  Optional<FileSystemFacts> efiSystemPartition() {
    if (headers.layouts().isEmpty()) {
      return Optional.empty();
    }
    DiskLayout first = headers.layouts().getFirst();
    return first.facts().partitions().stream()
        .filter(
            partition ->
                partition.type().equals(DiskLayout.EFI_SYSTEM)
                    || partition.type().toLowerCase(Locale.ROOT).equals("ef"))
        .map(DiskFacts.Partition::number)
        .flatMap(
            number ->
                fileSystems.stream()
                    .filter(
                        fs ->
                            fs.disk().equals(OptionalInt.of(first.facts().index()))
                                && fs.partition().equals(OptionalInt.of(number))
                                && fs.type().equals("vfat")))
        .findFirst();
  }

  private void tell(Severity severity, ErrorCode code, String detail) {
    findings.add(new Finding(severity, code, detail));
  }
}
