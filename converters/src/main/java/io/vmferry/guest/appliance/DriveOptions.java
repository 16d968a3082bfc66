package io.vmferry.guest.appliance;

import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** {@code struct guestfs_add_drive_opts_argv} of guestfs.h, which only ever grows at its end. */
final class DriveOptions {
  private static final StructLayout LAYOUT =
      MemoryLayout.structLayout(
          ValueLayout.JAVA_LONG.withName("bitmask"),
          ValueLayout.JAVA_INT.withName("readonly"),
          MemoryLayout.paddingLayout(4),
          ValueLayout.ADDRESS.withName("format"),
          ValueLayout.ADDRESS.withName("iface"),
          ValueLayout.ADDRESS.withName("name"),
          ValueLayout.ADDRESS.withName("label"),
          ValueLayout.ADDRESS.withName("protocol"),
          ValueLayout.ADDRESS.withName("server"),
          ValueLayout.ADDRESS.withName("username"),
          ValueLayout.ADDRESS.withName("secret"),
          ValueLayout.ADDRESS.withName("cachemode"),
          ValueLayout.ADDRESS.withName("discard"),
          ValueLayout.JAVA_INT.withName("copyonread"),
          ValueLayout.JAVA_INT.withName("blocksize"));

  private static final long FORMAT = 1 << 1;
  private static final long PROTOCOL = 1 << 5;
  private static final long SERVER = 1 << 6;
  private static final long CACHE_MODE = 1 << 9;

  private DriveOptions() {}

  /**
   * A raw disk from an NBD server. Flushes are left out ("unsafe"): what is written goes to a layer
   * that does not outlive a crash anyway.
   *
   * @param server {@code unix:} and the socket's path
   */
  static MemorySegment of(Arena memory, String server) {
    MemorySegment options = memory.allocate(LAYOUT);
    set(options, "format", LibGuestfs.text(memory, "raw"));
    set(options, "protocol", LibGuestfs.text(memory, "nbd"));
    set(options, "server", LibGuestfs.texts(memory, List.of(server)));
    set(options, "cachemode", LibGuestfs.text(memory, "unsafe"));
    options.set(
        ValueLayout.JAVA_LONG,
        LAYOUT.byteOffset(PathElement.groupElement("bitmask")),
        FORMAT | PROTOCOL | SERVER | CACHE_MODE);
    return options;
  }

  private static void set(MemorySegment options, String field, MemorySegment value) {
    options.set(ValueLayout.ADDRESS, LAYOUT.byteOffset(PathElement.groupElement(field)), value);
  }
}
