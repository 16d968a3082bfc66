package io.vmferry.it;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.Deflater;

/**
 * Writes a stream-optimized VMDK of a disk that is large and full, in a file that is neither: its
 * grains are a few that compress to a sector each, over and over. Of every 16 MiB of the disk the
 * last is a hole.
 *
 * @param size bytes; whole grain tables of 32 MiB
 */
record LargeStreamVmdk(long size) {
  private static final int SECTOR = 512;
  private static final int GRAIN = 64 << 10;
  private static final int GRAIN_SECTORS = GRAIN / SECTOR;
  private static final int TABLE_ENTRIES = 512;
  private static final long TABLE_SPAN = (long) GRAIN * TABLE_ENTRIES;
  private static final int OVERHEAD_SECTORS = 128;
  private static final int DESCRIPTOR_SECTORS = 20;

  /** Coprime to everything that is a power of two: data in a wrong place is seen. */
  private static final int PATTERNS = 13;

  private static final long PERIOD = 16L << 20;
  private static final long DATA = 15L << 20;

  /** Checks the size. */
  LargeStreamVmdk {
    if (size <= 0 || size % TABLE_SPAN != 0) {
      throw new IllegalArgumentException(size + " is no multiple of " + TABLE_SPAN);
    }
  }

  /** How many bytes of the disk are not in holes. */
  long dataBytes() {
    return size / PERIOD * DATA;
  }

  /** Whether the disk has data there. */
  static boolean isData(long offset) {
    return offset % PERIOD < DATA;
  }

  /** What the disk holds from an offset that is a multiple of 64 KiB, without its holes. */
  static byte[] content(long offset, int length) {
    byte[] content = new byte[length];
    for (int at = 0; at < length; at += GRAIN) {
      System.arraycopy(grain((offset + at) / GRAIN), 0, content, at, GRAIN);
    }
    return content;
  }

  private static byte[] grain(long index) {
    byte[] line =
        "grain %02d of the disk\n".formatted(index % PATTERNS).getBytes(StandardCharsets.US_ASCII);
    byte[] grain = new byte[GRAIN];
    for (int i = 0; i < GRAIN; i++) {
      grain[i] = line[i % line.length];
    }
    return grain;
  }

  /** Writes the image. */
  void write(Path image) throws IOException {
    byte[][] compressed = new byte[PATTERNS][];
    for (int i = 0; i < PATTERNS; i++) {
      compressed[i] = deflate(grain(i));
    }
    int tables = Math.toIntExact(size / TABLE_SPAN);
    int[] directory = new int[tables];
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(image), 1 << 20)) {
      out.write(header(-1));
      out.write(descriptor());
      out.write(new byte[(OVERHEAD_SECTORS - 1 - DESCRIPTOR_SECTORS) * SECTOR]);
      int sector = OVERHEAD_SECTORS;
      for (int table = 0; table < tables; table++) {
        int[] entries = new int[TABLE_ENTRIES];
        for (int i = 0; i < TABLE_ENTRIES; i++) {
          long grain = (long) table * TABLE_ENTRIES + i;
          if (isData(grain * GRAIN)) {
            byte[] data = compressed[(int) (grain % PATTERNS)];
            entries[i] = sector;
            out.write(grainMarker(grain * GRAIN_SECTORS, data));
            sector += sectors(12 + data.length);
          }
        }
        out.write(marker(sectors(TABLE_ENTRIES * 4), 1));
        directory[table] = sector + 1;
        out.write(ints(entries));
        sector += 1 + sectors(TABLE_ENTRIES * 4);
      }
      out.write(marker(sectors(tables * 4), 2));
      out.write(ints(directory));
      out.write(marker(1, 3));
      out.write(header(sector + 1));
      out.write(new byte[SECTOR]);
    }
  }

  private byte[] header(long directorySector) {
    return ByteBuffer.allocate(SECTOR)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put("KDMV".getBytes(StandardCharsets.US_ASCII))
        .putInt(3)
        .putInt(0x30001)
        .putLong(size / SECTOR)
        .putLong(GRAIN_SECTORS)
        .putLong(1)
        .putLong(DESCRIPTOR_SECTORS)
        .putInt(TABLE_ENTRIES)
        .putLong(0)
        .putLong(directorySector)
        .putLong(OVERHEAD_SECTORS)
        .put((byte) 0)
        .put(new byte[] {'\n', ' ', '\r', '\n'})
        .putShort((short) 1)
        .array();
  }

  private byte[] descriptor() {
    String text =
        """
        # Disk DescriptorFile
        version=1
        CID=12345678
        parentCID=ffffffff
        createType="streamOptimized"

        # Extent description
        RW %d SPARSE "large.vmdk"

        #DDB
        ddb.adapterType = "lsilogic"
        """
            .formatted(size / SECTOR);
    return Arrays.copyOf(text.getBytes(StandardCharsets.US_ASCII), DESCRIPTOR_SECTORS * SECTOR);
  }

  private static byte[] grainMarker(long firstSector, byte[] data) {
    return ByteBuffer.allocate(sectors(12 + data.length) * SECTOR)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(firstSector)
        .putInt(data.length)
        .put(data)
        .array();
  }

  private static byte[] marker(int sectors, int type) {
    return ByteBuffer.allocate(SECTOR)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(sectors)
        .putInt(0)
        .putInt(type)
        .array();
  }

  private static byte[] ints(int[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(sectors(values.length * 4) * SECTOR).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(values);
    return bytes.array();
  }

  private static byte[] deflate(byte[] bytes) {
    try (Deflater deflater = new Deflater(Deflater.BEST_COMPRESSION)) {
      deflater.setInput(bytes);
      deflater.finish();
      byte[] deflated = new byte[GRAIN];
      return Arrays.copyOf(deflated, deflater.deflate(deflated));
    }
  }

  private static int sectors(int bytes) {
    return Math.ceilDiv(bytes, SECTOR);
  }
}
