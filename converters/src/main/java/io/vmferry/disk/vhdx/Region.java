package io.vmferry.disk.vhdx;

/**
 * A run of the file that a structure takes.
 *
 * @param name what it is, for messages
 * @param offset first byte in the file
 * @param length bytes; the end is checked to be at most {@link Long#MAX_VALUE}
 */
record Region(String name, long offset, long length) {
  static final int MIB = 1 << 20;

  /** The identifier, the headers and the region tables: the file's first MiB. */
  static final Region HEADERS = new Region("header section", 0, MIB);

  long end() {
    return offset + length;
  }

  boolean overlaps(long start, long end) {
    return start < end() && offset < end;
  }

  /** Whether it is aligned to MiBs and lies behind the headers, as every region must. */
  static boolean isAligned(long offset, long length) {
    return offset >= MIB
        && offset % MIB == 0
        && length > 0
        && length % MIB == 0
        && offset <= Long.MAX_VALUE - length;
  }
}
