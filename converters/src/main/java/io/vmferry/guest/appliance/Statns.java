package io.vmferry.guest.appliance;

import io.vmferry.guest.FileStatus;
import io.vmferry.guest.FileType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code struct guestfs_statns}: 22 numbers of 64 bits, of which these matter.
 *
 * @param mode type and permissions as in {@code struct stat}
 */
record Statns(long mode, long uid, long gid, long size) {
  private static final int FIELDS = 22;
  private static final int MODE = 2;
  private static final int UID = 4;
  private static final int GID = 5;
  private static final int SIZE = 7;

  private static final int TYPE_MASK = 0170000;
  private static final int PERMISSIONS = 07777;

  /** Takes a struct, and frees it. */
  static Statns take(LibGuestfs library, MemorySegment struct) {
    Statns stat = at(LibGuestfs.target(struct, (long) FIELDS * Long.BYTES), 0);
    library.callVoid("guestfs_free_statns", struct);
    return stat;
  }

  /** Takes a list of structs, and frees it; empty where there was no file of the name. */
  static List<Optional<Statns>> takeList(LibGuestfs library, MemorySegment list) {
    MemorySegment header = LibGuestfs.target(list, 16);
    int count = header.get(ValueLayout.JAVA_INT, 0);
    MemorySegment values =
        LibGuestfs.target(header.get(ValueLayout.ADDRESS, 8), (long) count * FIELDS * Long.BYTES);
    List<Optional<Statns>> stats = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      // An inode of −1 says that there is none.
      boolean absent = values.getAtIndex(ValueLayout.JAVA_LONG, (long) i * FIELDS + 1) == -1;
      stats.add(absent ? Optional.empty() : Optional.of(at(values, i)));
    }
    library.callVoid("guestfs_free_statns_list", list);
    return stats;
  }

  private static Statns at(MemorySegment values, int index) {
    long first = (long) index * FIELDS;
    return new Statns(
        values.getAtIndex(ValueLayout.JAVA_LONG, first + MODE),
        values.getAtIndex(ValueLayout.JAVA_LONG, first + UID),
        values.getAtIndex(ValueLayout.JAVA_LONG, first + GID),
        values.getAtIndex(ValueLayout.JAVA_LONG, first + SIZE));
  }

  FileType type() {
    return switch ((int) mode & TYPE_MASK) {
      case 0100000 -> FileType.REGULAR;
      case 0040000 -> FileType.DIRECTORY;
      case 0120000 -> FileType.SYMLINK;
      default -> FileType.SPECIAL;
    };
  }

  FileStatus status(Optional<String> linkTarget) {
    return new FileStatus(
        type(),
        type() == FileType.REGULAR ? size : 0,
        (int) mode & PERMISSIONS,
        (int) uid,
        (int) gid,
        linkTarget);
  }
}
