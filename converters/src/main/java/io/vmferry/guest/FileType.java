package io.vmferry.guest;

/** What lies at a path of a guest. */
public enum FileType {
  /** A regular file; the only kind whose bytes are ever read. */
  REGULAR,
  /** A directory. */
  DIRECTORY,
  /** A symbolic link. */
  SYMLINK,
  /** A device, a FIFO or a socket: reading one could hang, so nothing does. */
  SPECIAL
}
