package io.vmferry.disk.vhd;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;

/**
 * The hard disk footer (specification: "Hard Disk Footer Format").
 *
 * @param offset where it was found in the file
 * @param dataOffset where a dynamic disk's header is
 * @param creator the creator application's four characters
 * @param currentSize the disk's size in bytes
 * @param cylinders of the disk's geometry
 * @param heads of the disk's geometry
 * @param sectorsPerTrack of the disk's geometry
 * @param type one of the constants of this class; the others are deprecated
 */
record VhdFooter(
    long offset,
    long dataOffset,
    String creator,
    long currentSize,
    int cylinders,
    int heads,
    int sectorsPerTrack,
    int type) {
  static final int BYTES = 512;

  static final int FIXED = 2;
  static final int DYNAMIC = 3;
  static final int DIFFERENCING = 4;

  /** {@code conectix} in ASCII. */
  static final long COOKIE = 0x636F6E6563746978L;

  private static final int CHECKSUM_OFFSET = 64;
  private static final int SECTOR = 512;

  /** The largest geometry there is: a disk that has it is as large as that or larger. */
  private static final long MAX_GEOMETRY_SECTORS = 65535L * 16 * 255;

  /**
   * Creators that mean the current size: Hyper-V, qemu with force_size, disk2vhd, XenServer in two
   * spellings, XenConverter, Azure in two spellings, VirtualBox. All others, Virtual PC ({@code vpc
   * }), Virtual Server ({@code vs }) and qemu ({@code qemu}) among them, mean the geometry.
   */
  private static final Set<String> SIZE_CREATORS =
      Set.of("win ", "qem2", "d2v ", "tap\0", "tap ", "CTXS", "wa\0\0", "wa  ", "vbox");

  /** Reads the fields of {@link #BYTES} bytes whose checksum is right. */
  static VhdFooter parse(ByteBuffer bytes, long offset) {
    byte[] creator = new byte[4];
    bytes.get(28, creator);
    return new VhdFooter(
        offset,
        bytes.getLong(16),
        new String(creator, StandardCharsets.ISO_8859_1),
        bytes.getLong(48),
        Short.toUnsignedInt(bytes.getShort(56)),
        Byte.toUnsignedInt(bytes.get(58)),
        Byte.toUnsignedInt(bytes.get(59)),
        bytes.getInt(60));
  }

  static boolean hasCookie(ByteBuffer bytes) {
    return bytes.getLong(0) == COOKIE;
  }

  /** Whether the checksum is the complement of the sum of the other bytes. */
  static boolean hasRightChecksum(ByteBuffer bytes) {
    int sum = 0;
    for (int i = 0; i < BYTES; i++) {
      if (i < CHECKSUM_OFFSET || i >= CHECKSUM_OFFSET + Integer.BYTES) {
        sum += Byte.toUnsignedInt(bytes.get(i));
      }
    }
    return bytes.getInt(CHECKSUM_OFFSET) == ~sum;
  }

  /**
   * The disk's size in bytes, in whole sectors: the geometry's for creators that mean it, otherwise
   * the current size. The geometry is not believed where it is at its maximum, empty, or more than
   * the current size.
   */
  long virtualSize() {
    long sectors = currentSize >>> 9;
    long geometry = (long) cylinders * heads * sectorsPerTrack;
    boolean useGeometry =
        !SIZE_CREATORS.contains(creator)
            && geometry != MAX_GEOMETRY_SECTORS
            && geometry > 0
            && geometry < sectors;
    return (useGeometry ? geometry : sectors) * SECTOR;
  }

  /** Refuses differencing disks and types that no writer makes. */
  void checkType(String name) {
    if (type == DIFFERENCING) {
      throw new VmferryException(
          ErrorCode.VHD_DIFFERENCING_UNSUPPORTED,
          "%s: the footer at offset %d says type 4 (differencing); 2 (fixed) or 3 (dynamic) can be read"
              .formatted(name, offset));
    }
    if (type != FIXED && type != DYNAMIC) {
      throw new VmferryException(
          ErrorCode.VHD_FOOTER_INVALID,
          "%s: the footer at offset %d says type %s; 2 (fixed) or 3 (dynamic) can be read"
              .formatted(name, offset, Integer.toUnsignedString(type)));
    }
  }
}
