package io.vmferry.guest.nbd;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.WritableDiskImage;
import java.util.Optional;

/**
 * A disk that is served. It can be written if its image is a {@link WritableDiskImage}.
 *
 * @param name what clients ask for; the first export of a server is also the one without a name
 * @param image stays the caller's to close, after the server
 */
public record NbdExport(String name, DiskImage image) {
  /** The longest name the protocol allows, in bytes. */
  static final int MAX_NAME_BYTES = 4096;

  /** Checks the name's length. */
  public NbdExport {
    if (name.length() > MAX_NAME_BYTES / 4) {
      throw new IllegalArgumentException("a name of %d characters".formatted(name.length()));
    }
  }

  Optional<WritableDiskImage> writable() {
    return image instanceof WritableDiskImage writable ? Optional.of(writable) : Optional.empty();
  }

  /** The transmission flags. */
  short flags() {
    int flags =
        Protocol.FLAG_HAS_FLAGS
            | Protocol.FLAG_CAN_MULTI_CONN
            | Protocol.FLAG_SEND_FLUSH
            | Protocol.FLAG_SEND_CACHE;
    flags |=
        writable().isPresent()
            ? Protocol.FLAG_SEND_FUA
                | Protocol.FLAG_SEND_TRIM
                | Protocol.FLAG_SEND_WRITE_ZEROES
                | Protocol.FLAG_SEND_FAST_ZERO
            : Protocol.FLAG_READ_ONLY;
    return (short) flags;
  }
}
