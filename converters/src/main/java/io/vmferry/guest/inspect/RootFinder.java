package io.vmferry.guest.inspect;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.FileSystemFacts;
import io.vmferry.guest.linux.Fstab;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/**
 * Finds the root file systems on a machine's disks. One has {@code /etc}, {@code /bin} and {@code
 * /etc/fstab} or {@code /etc/hosts}. Of a Btrfs file system's subvolumes one can be a root at most:
 * the default one, else the only one that is no snapshot, else the one whose own fstab mounts it.
 */
final class RootFinder {
  private static final Set<String> LINUX =
      Set.of("ext2", "ext3", "ext4", "xfs", "btrfs", "jfs", "reiserfs", "f2fs");
  private static final int MAX_SUBVOLUMES = 100;

  private final BlockDevices devices;
  private final List<String> unmountable = new ArrayList<>();

  RootFinder(BlockDevices devices) {
    this.devices = devices;
  }

  /** The devices that could not be mounted, and why. */
  List<String> unmountable() {
    return unmountable;
  }

  static boolean isLinux(FileSystemFacts fileSystem) {
    return LINUX.contains(fileSystem.type());
  }

  /** The roots of Linux systems. */
  List<Mount> roots(List<FileSystemFacts> fileSystems) throws IOException {
    List<Mount> roots = new ArrayList<>();
    for (FileSystemFacts fileSystem : fileSystems) {
      if (isLinux(fileSystem)) {
        try {
          rootOn(fileSystem).ifPresent(roots::add);
        } catch (VmferryException e) {
          leaveOut(fileSystem, e);
        }
      }
    }
    return List.copyOf(roots);
  }

  /** The devices with a Windows directory. */
  List<String> windows(List<FileSystemFacts> fileSystems) throws IOException {
    List<String> found = new ArrayList<>();
    for (FileSystemFacts fileSystem : fileSystems) {
      if (!fileSystem.type().equals("ntfs") && !fileSystem.type().equals("vfat")) {
        continue;
      }
      try {
        GuestReader reader =
            new GuestReader(devices.mount(List.of(Mount.root(fileSystem.device()))));
        if (CaseInsensitive.find(reader, "/", "Windows", "System32", "config").isPresent()) {
          found.add(fileSystem.device());
        }
      } catch (VmferryException e) {
        leaveOut(fileSystem, e);
      }
    }
    return List.copyOf(found);
  }

  private void leaveOut(FileSystemFacts fileSystem, VmferryException e) {
    if (e.code() != ErrorCode.GUEST_FILE_UNREADABLE) {
      throw e;
    }
    unmountable.add("%s: %s".formatted(fileSystem.device(), e.detail()));
  }

  private Optional<Mount> rootOn(FileSystemFacts fileSystem) throws IOException {
    if (!fileSystem.type().equals("btrfs")) {
      Mount mount = Mount.root(fileSystem.device());
      return isRoot(mount) ? Optional.of(mount) : Optional.empty();
    }
    Mount byDefault =
        new Mount(fileSystem.device(), devices.defaultSubvolume(fileSystem.device()), "/");
    if (isRoot(byDefault)) {
      return Optional.of(byDefault);
    }
    List<Mount> candidates = new ArrayList<>();
    List<Mount> snapshots = new ArrayList<>();
    for (String subvolume : fileSystem.subvolumes().stream().limit(MAX_SUBVOLUMES).toList()) {
      Mount mount = new Mount(fileSystem.device(), Optional.of(subvolume), "/");
      if (isRoot(mount)) {
        boolean snapshot = subvolume.toLowerCase(Locale.ROOT).contains("snapshot");
        (snapshot ? snapshots : candidates).add(mount);
      }
    }
    List<Mount> wanted = candidates.isEmpty() ? snapshots : candidates;
    if (wanted.size() > 1) {
      for (Mount mount : wanted) {
        if (mountsItself(mount)) {
          return Optional.of(mount);
        }
      }
    }
    return wanted.stream().findFirst();
  }

  private boolean isRoot(Mount mount) throws IOException {
    GuestReader reader = new GuestReader(devices.mount(List.of(mount)));
    return reader.isDirectory("/etc")
        && (reader.isDirectory("/bin") || reader.exists("/bin"))
        && (reader.exists("/etc/fstab") || reader.exists("/etc/hosts"));
  }

  private boolean mountsItself(Mount mount) throws IOException {
    GuestReader reader = new GuestReader(devices.mount(List.of(mount)));
    return reader
        .text("/etc/fstab")
        .flatMap(text -> Fstab.parse(text).at("/"))
        .flatMap(entry -> entry.option("subvol"))
        .map(subvolume -> subvolume.replaceFirst("^/+", ""))
        .equals(mount.subvolume());
  }
}
