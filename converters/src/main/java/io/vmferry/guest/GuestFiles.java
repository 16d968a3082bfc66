package io.vmferry.guest;

import io.vmferry.error.ErrorCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/**
 * A guest's file tree, with everything mounted that its boot would mount, seen from its root.
 *
 * <p>Paths are absolute and normal: {@code /etc/fstab}, without {@code .}, {@code ..} or a final
 * slash. Links on the way to the last component are followed inside the guest's root and never lead
 * out of it; the last component is not followed. {@link GuestPaths#resolve} follows that one too.
 *
 * <p>A guest is a stranger's: any name may be missing, huge, a device, or not UTF-8. Names that are
 * not UTF-8 are left out of listings.
 */
public interface GuestFiles {

  /**
   * What lies at a path; empty if nothing does, or the path leads through something that is no
   * directory, or through too many links.
   *
   * @throws IllegalArgumentException if the path is not absolute and normal
   * @throws IOException if the file system is damaged
   */
  Optional<FileStatus> status(String path) throws IOException;

  /**
   * The names in a directory, sorted, without {@code .} and {@code ..}; none if there is no such
   * directory.
   *
   * @throws io.vmferry.error.VmferryException {@link ErrorCode#GUEST_FILE_UNREADABLE} if there are
   *     more than 100,000
   * @throws IOException if the file system is damaged
   */
  List<String> list(String directory) throws IOException;

  /**
   * Reads a regular file's bytes from {@code offset} until the buffer is full or the file ends.
   *
   * @return how many bytes were read; 0 at or behind the file's end
   * @throws io.vmferry.error.VmferryException {@link ErrorCode#GUEST_FILE_UNREADABLE} if there is
   *     no regular file at the path (a link is none)
   * @throws IOException if the file system is damaged
   */
  int read(String path, long offset, ByteBuffer destination) throws IOException;
}
