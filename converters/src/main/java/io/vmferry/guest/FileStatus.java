package io.vmferry.guest;

import java.util.Optional;

/**
 * What a guest's file system knows about a path, links not followed.
 *
 * @param type what it is
 * @param size bytes; 0 unless it is a regular file
 * @param mode permission bits with set-uid, set-gid and sticky: 0 to 07777
 * @param uid the owner
 * @param gid the group
 * @param linkTarget where a symbolic link leads, as it is spelled; empty unless it is one
 */
public record FileStatus(
    FileType type, long size, int mode, int uid, int gid, Optional<String> linkTarget) {

  /** A regular file of root's with these permissions: what a new file gets. */
  public static FileStatus ofNewFile(int mode) {
    return new FileStatus(FileType.REGULAR, 0, mode, 0, 0, Optional.empty());
  }

  /** Whether it is a regular file. */
  public boolean isRegular() {
    return type == FileType.REGULAR;
  }

  /** Whether it is a directory. */
  public boolean isDirectory() {
    return type == FileType.DIRECTORY;
  }
}
