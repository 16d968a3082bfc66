package io.vmferry.guest.appliance;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What an appliance knows of volume groups, subvolumes and free space. */
final class Volumes {
  /** {@code struct guestfs_lvm_vg}: its size, and where its name and its attributes are. */
  private static final long GROUP_BYTES = 176;

  private static final long GROUP_NAME = 0;
  private static final long GROUP_ATTRIBUTES = 48;

  /** {@code struct guestfs_btrfssubvolume}: its size, and where its path is; its id comes first. */
  private static final long SUBVOLUME_BYTES = 24;

  private static final long SUBVOLUME_PATH = 16;

  /** The id of a Btrfs file system's top level. */
  private static final long TOP_LEVEL = 5;

  /** {@code struct guestfs_statvfs}: eleven numbers of 64 bits. */
  private static final int STATVFS_FIELDS = 11;

  private final GuestfsHandle handle;

  Volumes(GuestfsHandle handle) {
    this.handle = handle;
  }

  /**
   * The volume groups of which a physical volume is missing: the fourth of vgs(8) attributes is a
   * p.
   */
  List<String> partialGroups() throws IOException {
    return handle.require(
        "vgs_full",
        (library, g, _) ->
            GuestfsHandle.notNull(library.callPointer("guestfs_vgs_full", g))
                .map(list -> takePartial(library, list)));
  }

  private static List<String> takePartial(LibGuestfs library, MemorySegment list) {
    MemorySegment header = LibGuestfs.target(list, 16);
    int count = header.get(ValueLayout.JAVA_INT, 0);
    MemorySegment values =
        LibGuestfs.target(header.get(ValueLayout.ADDRESS, 8), count * GROUP_BYTES);
    List<String> partial = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String attributes =
          LibGuestfs.text(values.get(ValueLayout.ADDRESS, i * GROUP_BYTES + GROUP_ATTRIBUTES));
      if (attributes.length() > 3 && attributes.charAt(3) == 'p') {
        partial.add(LibGuestfs.text(values.get(ValueLayout.ADDRESS, i * GROUP_BYTES + GROUP_NAME)));
      }
    }
    library.callVoid("guestfs_free_lvm_vg_list", list);
    return partial;
  }

  /** The path of the subvolume that a Btrfs file system mounts by itself; empty for its top. */
  Optional<String> defaultSubvolume(String device) throws IOException {
    Outcome<Long> id =
        handle.call(
            "btrfs_subvolume_get_default " + device,
            (library, g, memory) -> {
              long found =
                  library.callLong(
                      "guestfs_btrfs_subvolume_get_default", g, LibGuestfs.text(memory, device));
              return found < 0 ? Optional.empty() : Optional.of(found);
            });
    if (id.value().isEmpty() || id.value().get() == TOP_LEVEL) {
      return Optional.empty();
    }
    return handle
        .call(
            "btrfs_subvolume_list " + device,
            (library, g, memory) ->
                GuestfsHandle.notNull(
                        library.callPointer(
                            "guestfs_btrfs_subvolume_list", g, LibGuestfs.text(memory, device)))
                    .map(list -> takeSubvolumes(library, list)))
        .value()
        .map(paths -> paths.get(id.value().get()));
  }

  private static Map<Long, String> takeSubvolumes(LibGuestfs library, MemorySegment list) {
    MemorySegment header = LibGuestfs.target(list, 16);
    int count = header.get(ValueLayout.JAVA_INT, 0);
    MemorySegment values =
        LibGuestfs.target(header.get(ValueLayout.ADDRESS, 8), count * SUBVOLUME_BYTES);
    Map<Long, String> paths = new LinkedHashMap<>();
    for (int i = 0; i < count; i++) {
      long at = i * SUBVOLUME_BYTES;
      paths.put(
          values.get(ValueLayout.JAVA_LONG, at),
          LibGuestfs.text(values.get(ValueLayout.ADDRESS, at + SUBVOLUME_PATH)));
    }
    library.callVoid("guestfs_free_btrfssubvolume_list", list);
    return paths;
  }

  /** What is free on the mounted file system that holds a path. */
  GuestAppliance.Space space(String path) throws IOException {
    return handle.require(
        "statvfs " + path,
        (library, g, memory) ->
            GuestfsHandle.notNull(
                    library.callPointer("guestfs_statvfs", g, LibGuestfs.text(memory, path)))
                .map(struct -> takeSpace(library, struct)));
  }

  private static GuestAppliance.Space takeSpace(LibGuestfs library, MemorySegment struct) {
    // bsize, frsize, blocks, bfree, bavail, files, ffree, favail, fsid, flag, namemax.
    MemorySegment fields = LibGuestfs.target(struct, STATVFS_FIELDS * (long) Long.BYTES);
    GuestAppliance.Space space =
        new GuestAppliance.Space(
            fields.getAtIndex(ValueLayout.JAVA_LONG, 1)
                * fields.getAtIndex(ValueLayout.JAVA_LONG, 3),
            fields.getAtIndex(ValueLayout.JAVA_LONG, 6),
            fields.getAtIndex(ValueLayout.JAVA_LONG, 5));
    library.callVoid("guestfs_free_statvfs", struct);
    return space;
  }
}
