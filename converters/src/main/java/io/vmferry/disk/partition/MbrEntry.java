package io.vmferry.disk.partition;

import java.nio.ByteBuffer;
import java.util.Locale;

/** One of the four entries of a master or extended boot record. */
record MbrEntry(int status, int type, long firstSector, long sectors) {
  static final int COUNT = 4;
  private static final int AT = 446;
  private static final int BYTES = 16;
  private static final int ACTIVE = 0x80;
  private static final int PROTECTIVE = 0xee;
  private static final int TABLE_END = AT + COUNT * BYTES;

  /** The entries of a boot record's sector. */
  static MbrEntry[] table(ByteBuffer sector) {
    if (sector.limit() < TABLE_END) {
      throw new IllegalArgumentException("a sector of %d bytes".formatted(sector.limit()));
    }
    MbrEntry[] entries = new MbrEntry[COUNT];
    for (int i = 0; i < COUNT; i++) {
      int at = AT + i * BYTES;
      entries[i] =
          new MbrEntry(
              Byte.toUnsignedInt(sector.get(at)),
              Byte.toUnsignedInt(sector.get(at + 4)),
              Integer.toUnsignedLong(sector.getInt(at + 8)),
              Integer.toUnsignedLong(sector.getInt(at + 12)));
    }
    return entries;
  }

  /** Whether it can be an entry at all: elsewhere its bytes are a file system's boot code. */
  boolean isPlausible() {
    return status == 0 || status == ACTIVE;
  }

  boolean isUsed() {
    return type != 0 && sectors != 0;
  }

  boolean isActive() {
    return status == ACTIVE;
  }

  boolean isExtended() {
    return isUsed() && (type == 0x05 || type == 0x0f || type == 0x85);
  }

  boolean isProtective() {
    return type == PROTECTIVE;
  }

  /** Two hexadecimal digits. */
  String typeName() {
    return "%02x".formatted(type).toLowerCase(Locale.ROOT);
  }
}
