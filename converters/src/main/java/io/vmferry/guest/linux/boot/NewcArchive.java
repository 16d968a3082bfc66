package io.vmferry.guest.linux.boot;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * Writes a cpio archive in the "new ASCII" format (newc), the one the kernel's initramfs unpacker
 * reads. The same entries give the same bytes: times are 0, inodes are counted, root owns all.
 *
 * <p>Format: Documentation/driver-api/early-userspace/buffer-format.rst of the kernel.
 */
final class NewcArchive {
  /** The name of the entry that ends an archive. */
  static final String TRAILER = "TRAILER!!!";

  /** Bytes of an entry's header. */
  static final int HEADER_BYTES = 110;

  private static final int TYPE_DIRECTORY = 0040000;
  private static final int TYPE_REGULAR = 0100000;
  private static final int TYPE_LINK = 0120000;
  private static final int ALIGNMENT = 4;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private int inodes;

  /** Adds a directory, mode 0755. One that is there already is left as it is when unpacked. */
  NewcArchive directory(String name) {
    return entry(name, TYPE_DIRECTORY | 0755, 2, new byte[0]);
  }

  /** Adds a file, mode 0644. */
  NewcArchive file(String name, byte[] content) {
    return file(name, content, 0644);
  }

  /** Adds a file with these permissions. */
  NewcArchive file(String name, byte[] content, int mode) {
    return entry(name, TYPE_REGULAR | mode, 1, content);
  }

  /** Adds a symbolic link. */
  NewcArchive link(String name, String target) {
    return entry(name, TYPE_LINK | 0777, 1, target.getBytes(StandardCharsets.UTF_8));
  }

  /** The bytes so far, without a trailer. */
  byte[] soFar() {
    return out.toByteArray();
  }

  /** The whole archive, padded to 4 bytes. */
  byte[] finish() {
    inodes = -1; // The trailer's inode is 0, as cpio writes it.
    entry(TRAILER, 0, 1, new byte[0]);
    return out.toByteArray();
  }

  /** The bytes an entry takes. */
  static int entryBytes(String name, int contentBytes) {
    return align(HEADER_BYTES + name.getBytes(StandardCharsets.UTF_8).length + 1)
        + align(contentBytes);
  }

  /** The next multiple of four. */
  static int align(int bytes) {
    return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
  }

  private NewcArchive entry(String name, int mode, int links, byte[] content) {
    byte[] encoded = name.getBytes(StandardCharsets.UTF_8);
    int[] fields = {
      ++inodes, mode, 0, 0, links, 0, content.length, 0, 0, 0, 0, encoded.length + 1, 0
    };
    StringBuilder header = new StringBuilder("070701");
    for (int field : fields) {
      header.append(String.format(Locale.ROOT, "%08X", field));
    }
    out.writeBytes(header.toString().getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(encoded);
    out.write(0);
    pad();
    out.writeBytes(content);
    pad();
    return this;
  }

  private void pad() {
    while (out.size() % ALIGNMENT != 0) {
      out.write(0);
    }
  }
}
