package io.vmferry.guest;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * A guest's file tree that can be changed. Modifications do not use this themselves but {@link
 * GuestEdits}, which keeps originals and writes the report.
 *
 * <p>Every method throws {@link VmferryException} with {@link ErrorCode#GUEST_FILE_UNWRITABLE} if
 * the guest's file system refuses (no space, read-only, immutable), and {@link IOException} if it
 * is damaged.
 */
public interface WritableGuestFiles extends GuestFiles {

  /**
   * Replaces a regular file's content, or makes the file; missing parent directories are made with
   * mode 0755 and root as owner. The file has the mode and owner given, and keeps its SELinux label
   * if it had one. What lies at the path must be a regular file or nothing.
   */
  void replace(String path, ByteBuffer content, FileStatus attributes) throws IOException;

  /** Appends to a regular file that exists. */
  void append(String path, ByteBuffer content) throws IOException;

  /** Copies a regular file with its mode, owner and extended attributes; the target is new. */
  void copy(String from, String to) throws IOException;

  /** Renames a file, link or directory within its directory; the new name must be free. */
  void rename(String from, String to) throws IOException;

  /** Makes a symbolic link; the path must be free. Missing parent directories are made. */
  void symlink(String target, String path) throws IOException;

  /** Free bytes of the file system that holds a path. */
  long freeBytes(String path) throws IOException;
}
