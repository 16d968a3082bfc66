package io.vmferry.disk;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;

/** How large a virtual disk may be. */
public final class VirtualSize {
  /**
   * The largest disk that is opened: 16 TiB, the size of the largest EBS volume most types have.
   */
  public static final long MAX_BYTES = 16L << 40;

  private VirtualSize() {}

  /**
   * The check every format makes of the size its header gives.
   *
   * @param name the image's name, for the message
   * @param bytes the size in bytes
   * @return {@code bytes}
   * @throws VmferryException {@link ErrorCode#DISK_SIZE_ZERO} or {@link
   *     ErrorCode#DISK_SIZE_TOO_LARGE}
   */
  public static long check(String name, long bytes) {
    if (bytes == 0) {
      throw new VmferryException(
          ErrorCode.DISK_SIZE_ZERO, "%s holds a disk of 0 bytes".formatted(name));
    }
    if (bytes < 0 || bytes > MAX_BYTES) {
      throw new VmferryException(
          ErrorCode.DISK_SIZE_TOO_LARGE,
          "%s holds a disk of %s bytes; at most %d (16 TiB) can be imported"
              .formatted(name, Long.toUnsignedString(bytes), MAX_BYTES));
    }
    return bytes;
  }
}
