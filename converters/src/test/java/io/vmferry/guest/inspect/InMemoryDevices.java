package io.vmferry.guest.inspect;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.FileStatus;
import io.vmferry.guest.FileSystemFacts;
import io.vmferry.guest.GuestFiles;
import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.InMemoryGuest;
import io.vmferry.guest.SyntheticGuest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Block devices whose file systems are in memory. */
public final class InMemoryDevices implements BlockDevices {
  private final List<FileSystemFacts> fileSystems = new ArrayList<>();
  private final Map<String, InMemoryGuest> trees = new HashMap<>();
  private final Map<String, String> defaults = new HashMap<>();
  private final Map<String, Space> spaces = new HashMap<>();
  private final List<String> failed = new ArrayList<>();

  /** The devices of a synthetic guest, its tree divided among them by its mount points. */
  static InMemoryDevices of(SyntheticGuest guest) {
    InMemoryDevices devices = new InMemoryDevices();
    List<String> points =
        guest.fileSystems().stream().flatMap(fs -> fs.mountPoint().stream()).toList();
    for (FileSystemFacts fs : guest.fileSystems()) {
      devices.device(fs);
      fs.mountPoint().ifPresent(point -> devices.tree(fs.device(), part(guest, point, points)));
    }
    return devices;
  }

  private static InMemoryGuest part(SyntheticGuest guest, String point, List<String> points) {
    InMemoryGuest part = new InMemoryGuest();
    for (String path : guest.files().paths()) {
      String below = below(path, point);
      boolean others =
          points.stream()
              .filter(other -> !other.equals(point) && below(other, point) != null)
              .anyMatch(other -> !path.equals(other) && below(path, other) != null);
      if (below != null && !others) {
        put(part, below, guest.files(), path);
      }
    }
    return part;
  }

  /** A path as seen from a directory; null if it is not in it. */
  private static @Nullable String below(String path, String directory) {
    if (directory.equals("/") || path.equals(directory)) {
      return path.equals(directory) ? "/" : path;
    }
    return path.startsWith(directory + "/") ? path.substring(directory.length()) : null;
  }

  private static void put(InMemoryGuest to, String path, InMemoryGuest from, String source) {
    FileStatus status = from.status(source).orElseThrow();
    switch (status.type()) {
      case DIRECTORY -> {
        if (!path.equals("/")) {
          to.directory(path);
        }
      }
      case SYMLINK -> to.link(path, status.linkTarget().orElseThrow());
      case SPECIAL -> to.special(path);
      case REGULAR -> to.file(path, from.contentOf(source), status.mode());
    }
  }

  /** Adds a device. */
  InMemoryDevices device(FileSystemFacts facts) {
    fileSystems.add(
        new FileSystemFacts(
            facts.device(),
            facts.type(),
            facts.disk(),
            facts.partition(),
            facts.uuid(),
            facts.label(),
            facts.partitionUuid(),
            facts.subvolumes(),
            Optional.empty()));
    return this;
  }

  /** Says what is on a device, or in a subvolume: {@code /dev/sda1:@}. */
  InMemoryDevices tree(String device, InMemoryGuest files) {
    trees.put(device, files);
    return this;
  }

  /** The tree on a device. */
  InMemoryGuest tree(String device) {
    InMemoryGuest tree = trees.get(device);
    if (tree == null) {
      throw new VmferryException(ErrorCode.GUEST_FILE_UNREADABLE, device + " cannot be mounted");
    }
    return tree;
  }

  InMemoryDevices byDefault(String device, String subvolume) {
    defaults.put(device, subvolume);
    return this;
  }

  InMemoryDevices space(String mountPoint, long bytes, long inodes) {
    spaces.put(mountPoint, new Space(bytes, inodes));
    return this;
  }

  InMemoryDevices fails(String group) {
    failed.add(group);
    return this;
  }

  @Override
  public List<FileSystemFacts> fileSystems() {
    return List.copyOf(fileSystems);
  }

  @Override
  public List<String> failedVolumeGroups() {
    return List.copyOf(failed);
  }

  @Override
  public Optional<String> defaultSubvolume(String device) {
    return Optional.ofNullable(defaults.get(device));
  }

  @Override
  public GuestFiles mount(List<Mount> mounts) {
    InMemoryGuest all = new InMemoryGuest();
    for (Mount mount : mounts) {
      String key =
          mount
              .subvolume()
              .map(subvolume -> mount.device() + ":" + subvolume)
              .filter(trees::containsKey)
              .orElse(mount.device());
      if (mount.mountPoint().equals("/")) {
        InMemoryGuest tree = tree(key);
        tree.paths().forEach(path -> put(all, path, tree, path));
      } else if (trees.containsKey(key)
          && all.status(mount.mountPoint()).filter(FileStatus::isDirectory).isPresent()) {
        InMemoryGuest tree = tree(key);
        tree.paths().stream()
            .filter(path -> !path.equals("/"))
            .forEach(path -> put(all, GuestPaths.check(mount.mountPoint() + path), tree, path));
      }
    }
    return all;
  }

  @Override
  public Space space(String mountPoint) {
    return spaces.getOrDefault(mountPoint, new Space(1L << 30, 10_000));
  }
}
