package io.vmferry.guest.appliance;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.WritableDiskImage;
import io.vmferry.disk.overlay.OverlayImage;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.DiskFacts;
import io.vmferry.guest.FileSystemFacts;
import io.vmferry.guest.GuestCommands;
import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.WritableGuestFiles;
import io.vmferry.guest.nbd.NbdExport;
import io.vmferry.guest.nbd.NbdServer;
import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A machine's disks in a running libguestfs appliance: what they hold, and their file systems once
 * they are mounted.
 *
 * <pre>{@code
 * try (GuestAppliance appliance = GuestAppliance.open(disks, ApplianceOptions.defaults())) {
 *   appliance.mount("/dev/sda2", Optional.empty(), "/", Access.WRITE);
 *   appliance.files().status("/etc/fstab");
 *   appliance.finish();
 * }
 * }</pre>
 *
 * <p>Starting takes about 20 s without KVM. Nothing is left of the appliance when it is closed,
 * when the JVM ends, or when the JVM is killed. Methods may be called by any thread, one at a time.
 *
 * <p>Any method may throw {@link VmferryException} with {@link ErrorCode#GUEST_APPLIANCE_FAILED} if
 * the appliance ends by itself, {@link ErrorCode#GUEST_APPLIANCE_TIMEOUT} if it hangs (it is ended
 * then), the code of a disk's failure ({@link ErrorCode#OVERLAY_FULL}, {@link
 * ErrorCode#SOURCE_CHANGED}, those of damaged images), and {@link IOException} if a disk's source
 * cannot be read.
 */
public final class GuestAppliance implements Closeable {
  private final List<DiskImage> images;
  private final List<OverlayImage> throwAway;
  private final NbdServer server;
  private final GuestfsHandle handle;
  private final ApplianceFiles files;
  private BlockDevices.@Nullable Contents contents;

  private GuestAppliance(
      List<DiskImage> images,
      List<OverlayImage> throwAway,
      NbdServer server,
      GuestfsHandle handle) {
    this.images = images;
    this.throwAway = throwAway;
    this.server = server;
    this.handle = handle;
    this.files = new ApplianceFiles(handle);
  }

  /** Whether a mounted file system may be changed. */
  public enum Access {
    /** It is only read, but for its journal, which is replayed. */
    READ,
    /** It may be changed. */
    WRITE
  }

  /**
   * Starts an appliance with these disks.
   *
   * @param disks the machine's disks in their order; those that are {@link WritableDiskImage}s get
   *     what is written to them, for the others it is thrown away in the end. They stay the
   *     caller's, who closes them after the appliance
   * @throws VmferryException {@link ErrorCode#GUEST_APPLIANCE_UNAVAILABLE} if libguestfs or a
   *     kernel is not installed or the appliance does not start
   * @throws IOException if the temporary directory cannot be written, or a disk not be read
   */
  public static GuestAppliance open(List<? extends DiskImage> disks, ApplianceOptions options)
      throws IOException {
    List<OverlayImage> throwAway = new ArrayList<>();
    List<DiskImage> images = new ArrayList<>();
    List<NbdExport> exports = new ArrayList<>();
    NbdServer server = null;
    GuestfsHandle handle = null;
    try {
      for (DiskImage disk : disks) {
        DiskImage image = disk;
        if (!(disk instanceof WritableDiskImage)) {
          OverlayImage overlay =
              OverlayImage.over(
                  new BorrowedImage(disk), options.temporaryDirectory(), options.maxOverlayBytes());
          throwAway.add(overlay);
          image = overlay;
        }
        exports.add(new NbdExport("disk" + images.size(), image));
        images.add(image);
      }
      server = NbdServer.start(exports, options.temporaryDirectory());
      handle = GuestfsHandle.create(server.socket().toString(), options, server::failure);
      handle.configure(exports.stream().map(NbdExport::name).toList());
      handle.launch();
      return new GuestAppliance(images, throwAway, server, handle);
    } catch (Throwable e) {
      close(handle, server, throwAway);
      throw e;
    }
  }

  private static void close(
      @Nullable GuestfsHandle handle, @Nullable NbdServer server, List<OverlayImage> throwAway)
      throws IOException {
    try {
      if (handle != null) {
        handle.close();
      }
    } finally {
      try {
        if (server != null) {
          server.close();
        }
      } finally {
        for (OverlayImage overlay : throwAway) {
          overlay.close();
        }
      }
    }
  }

  /** The disks' partition tables, in the order of the disks. */
  public List<DiskFacts> disks() throws IOException {
    return contents().disks();
  }

  /**
   * What lies in the partitions, logical volumes, RAID arrays and unpartitioned disks: everything
   * blkid knows, in that order. Logical volumes are active; one that is not (a physical volume is
   * missing) is not among them. Mount points are empty: a guest's fstab tells them.
   */
  public List<FileSystemFacts> fileSystems() throws IOException {
    return contents().fileSystems();
  }

  private BlockDevices.Contents contents() throws IOException {
    BlockDevices.Contents known = contents;
    if (known == null) {
      known = new BlockDevices(handle, images).read();
      contents = known;
    }
    return known;
  }

  /**
   * Mounts a file system in the guest's tree. The root comes first.
   *
   * @param device as {@link FileSystemFacts#device} has it
   * @param subvolume a Btrfs subvolume's path; empty for the default one
   * @param mountPoint where; links there are followed inside the guest
   * @return why it cannot be mounted, for people; empty if it is mounted
   */
  public Optional<String> mount(
      String device, Optional<String> subvolume, String mountPoint, Access access)
      throws IOException {
    GuestPaths.check(mountPoint);
    String place = "/";
    if (!mountPoint.equals("/")) {
      // mount(8) in the appliance would follow the guest's links into the appliance's own files.
      Optional<String> real = GuestPaths.resolve(files, mountPoint);
      if (real.isEmpty()) {
        return Optional.of("the guest has no directory %s".formatted(mountPoint));
      }
      place = real.get();
    }
    String options = access == Access.READ ? "ro" : "rw";
    if (subvolume.isPresent()) {
      if (subvolume.get().indexOf(',') >= 0) {
        return Optional.of("a comma in the subvolume's name, %s".formatted(subvolume.get()));
      }
      options += ",subvol=" + subvolume.get();
    }
    String at = place;
    String with = options;
    Outcome<Integer> outcome =
        handle.call(
            "mount %s %s".formatted(device, mountPoint),
            (library, g, memory) ->
                GuestfsHandle.nonNegative(
                    library.callInt(
                        "guestfs_mount_options",
                        g,
                        LibGuestfs.text(memory, with),
                        LibGuestfs.text(memory, device),
                        LibGuestfs.text(memory, at))));
    files.forget();
    return outcome.value().isPresent() ? Optional.empty() : Optional.of(outcome.message().strip());
  }

  /** The names of the volume groups that did not activate in full: physical volumes are missing. */
  public List<String> partialVolumeGroups() throws IOException {
    return new Volumes(handle).partialGroups();
  }

  /**
   * The path of the subvolume that a Btrfs file system mounts where none is asked for, without a
   * leading slash; empty if that is its top level.
   */
  public Optional<String> defaultSubvolume(String device) throws IOException {
    return new Volumes(handle).defaultSubvolume(device);
  }

  /** What is free on the mounted file system that holds a path. */
  public Space space(String path) throws IOException {
    return new Volumes(handle).space(GuestPaths.check(path));
  }

  /**
   * Free space of a file system.
   *
   * @param bytes free bytes, for root
   * @param inodes free inodes
   * @param inodesInAll inodes in all; 0 for a file system that makes them as it needs them
   */
  public record Space(long bytes, long inodes, long inodesInAll) {}

  /**
   * Checks what can be checked without starting an appliance.
   *
   * @throws VmferryException {@link ErrorCode#GUEST_APPLIANCE_UNAVAILABLE} if libguestfs, or a
   *     kernel that an appliance can be built of, is not installed
   */
  public static void checkAvailable(ApplianceOptions options) {
    LibGuestfs.load();
    if (options.fixedAppliance().isEmpty() && !GuestfsHandle.hasReadableKernel()) {
      throw new VmferryException(
          ErrorCode.GUEST_APPLIANCE_UNAVAILABLE,
          "there is no kernel in /boot that this user may read; on Debian install linux-image-cloud-amd64, and on Ubuntu allow it with chmod +r /boot/vmlinuz-*");
    }
  }

  /** Unmounts everything. */
  public void unmountAll() throws IOException {
    handle.require(
        "umount_all",
        (library, g, _) -> GuestfsHandle.nonNegative(library.callInt("guestfs_umount_all", g)));
    files.forget();
  }

  /** The mounted files. */
  public WritableGuestFiles files() {
    return files;
  }

  /** Runs the guest's programs, whose root must be mounted. */
  public GuestCommands commands() {
    return new ApplianceCommands(handle, files);
  }

  /**
   * Unmounts everything and ends the appliance in good order. The disks then hold all that was
   * written; without this a file system may lack its last changes.
   */
  public void finish() throws IOException {
    unmountAll();
    handle.require(
        "shutdown",
        (library, g, _) -> GuestfsHandle.nonNegative(library.callInt("guestfs_shutdown", g)));
    handle.throwFailureBelow();
  }

  /** Ends the appliance, in whatever state it is. */
  @Override
  public void close() throws IOException {
    close(handle, server, throwAway);
  }
}
