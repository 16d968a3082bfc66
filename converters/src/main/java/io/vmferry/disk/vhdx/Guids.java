package io.vmferry.disk.vhdx;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;

/** GUIDs as Microsoft stores them: three little-endian numbers, then eight bytes as they are. */
final class Guids {
  static final UUID NONE = new UUID(0, 0);

  private Guids() {}

  /** The GUID at {@code offset} of a little-endian buffer. */
  static UUID read(ByteBuffer bytes, int offset) {
    long high =
        Integer.toUnsignedLong(bytes.getInt(offset)) << 32
            | Short.toUnsignedLong(bytes.getShort(offset + 4)) << 16
            | Short.toUnsignedLong(bytes.getShort(offset + 6));
    long low = bytes.duplicate().order(ByteOrder.BIG_ENDIAN).getLong(offset + 8);
    return new UUID(high, low);
  }
}
