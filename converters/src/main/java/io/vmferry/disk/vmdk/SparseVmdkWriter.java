package io.vmferry.disk.vmdk;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Writes a monolithic sparse VMDK of which it is known beforehand which grains are stored ("Virtual
 * Disk Format 5.0", section "Hosted Sparse Extents"). The file comes out from its start to its end,
 * so it can go to a stream; the same grains make the same bytes.
 *
 * <p>Grains have {@link #GRAIN_BYTES} bytes, and one that is stored may be all zeros. Grain tables
 * in which nothing is stored are left out. There is no redundant directory.
 */
public final class SparseVmdkWriter {
  /** Bytes of a grain: 512 KiB, the block of an EBS snapshot. */
  public static final int GRAIN_BYTES = 512 << 10;

  private static final int ENTRIES_PER_TABLE = 512;
  private static final int TABLE_SECTORS = ENTRIES_PER_TABLE * Integer.BYTES / Sectors.SIZE;
  private static final int GRAIN_SECTORS = GRAIN_BYTES / Sectors.SIZE;
  private static final int DESCRIPTOR_SECTOR = 1;
  private static final int DESCRIPTOR_SECTORS = 20;
  private static final int DIRECTORY_SECTOR = DESCRIPTOR_SECTOR + DESCRIPTOR_SECTORS;
  private static final int DATA_ALIGNMENT_SECTORS = 128;
  private static final int FLAG_NEW_LINES_VALID = 1;
  private static final int NEW_LINES = 0x0a0d200a;

  private final long sectors;
  private final int[] grains;

  /** How many grain tables there are, stored or not: the directory's entries. */
  private final int tables;

  /** How many of them have a stored grain. */
  private final int storedTables;

  private SparseVmdkWriter(long virtualSize, int[] grains) {
    this.sectors = virtualSize / Sectors.SIZE;
    this.grains = grains;
    this.tables =
        Math.toIntExact(Math.ceilDiv(Math.ceilDiv(sectors, GRAIN_SECTORS), ENTRIES_PER_TABLE));
    int stored = 0;
    for (int i = 0; i < grains.length; i++) {
      if (i == 0 || tableOf(grains[i]) != tableOf(grains[i - 1])) {
        stored++;
      }
    }
    this.storedTables = stored;
  }

  /** Gives the content of grains. */
  @FunctionalInterface
  public interface GrainReader {
    /**
     * Fills the buffer with a grain.
     *
     * @param grain its index in the disk
     * @param destination {@link #GRAIN_BYTES} zero bytes; the disk's last grain may have fewer of
     *     its own
     */
    void read(int grain, ByteBuffer destination) throws IOException;
  }

  /**
   * The length of the file that {@link #write} makes.
   *
   * @param virtualSize as for {@link #write}
   * @param grains as for {@link #write}
   */
  public static long length(long virtualSize, int[] grains) {
    SparseVmdkWriter writer = checked(virtualSize, grains);
    return Sectors.toBytes(writer.dataSector()) + (long) grains.length * GRAIN_BYTES;
  }

  /**
   * Writes the file.
   *
   * @param out stays open
   * @param virtualSize bytes of the disk: a multiple of 512
   * @param grains the indexes of the grains that are stored, ascending; what they take together is
   *     at most 2 TiB, which is what grain tables can tell
   * @param reader is asked for each of them once, in their order
   * @throws IllegalArgumentException if the arguments are not as they must be
   * @throws IOException if a grain cannot be read, or the stream written
   */
  public static void write(OutputStream out, long virtualSize, int[] grains, GrainReader reader)
      throws IOException {
    checked(virtualSize, grains).run(out, reader);
  }

  private static SparseVmdkWriter checked(long virtualSize, int[] grains) {
    if (virtualSize < Sectors.SIZE || virtualSize % Sectors.SIZE != 0) {
      throw new IllegalArgumentException("a VMDK of %d bytes".formatted(virtualSize));
    }
    long count = Math.ceilDiv(virtualSize, GRAIN_BYTES);
    int previous = -1;
    for (int grain : grains) {
      if (grain <= previous || grain >= count) {
        throw new IllegalArgumentException(
            "grain %d after grain %d in a disk of %d grains".formatted(grain, previous, count));
      }
      previous = grain;
    }
    SparseVmdkWriter writer = new SparseVmdkWriter(virtualSize, grains);
    if (writer.dataSector() + (long) grains.length * GRAIN_SECTORS > 0xffff_ffffL) {
      throw new IllegalArgumentException(
          "%d grains are more than grain tables can tell".formatted(grains.length));
    }
    return writer;
  }

  private static int tableOf(int grain) {
    return grain / ENTRIES_PER_TABLE;
  }

  private int firstTableSector() {
    return DIRECTORY_SECTOR + Math.ceilDiv(tables * Integer.BYTES, Sectors.SIZE);
  }

  private int dataSector() {
    int end = firstTableSector() + storedTables * TABLE_SECTORS;
    return Math.ceilDiv(end, DATA_ALIGNMENT_SECTORS) * DATA_ALIGNMENT_SECTORS;
  }

  private void run(OutputStream out, GrainReader reader) throws IOException {
    out.write(header());
    out.write(descriptor());
    out.write(directory());
    writeTables(out);
    int end = firstTableSector() + storedTables * TABLE_SECTORS;
    out.write(new byte[(dataSector() - end) * Sectors.SIZE]);
    byte[] content = new byte[GRAIN_BYTES];
    for (int grain : grains) {
      Arrays.fill(content, (byte) 0);
      reader.read(grain, ByteBuffer.wrap(content));
      out.write(content);
    }
  }

  private byte[] header() {
    byte[] bytes = new byte[SparseHeader.LENGTH];
    ByteBuffer header = littleEndian(bytes);
    header.putInt(SparseHeader.MAGIC).putInt(1).putInt(FLAG_NEW_LINES_VALID);
    header.putLong(sectors).putLong(GRAIN_SECTORS);
    header.putLong(DESCRIPTOR_SECTOR).putLong(DESCRIPTOR_SECTORS).putInt(ENTRIES_PER_TABLE);
    header.putLong(0).putLong(DIRECTORY_SECTOR).putLong(dataSector());
    header.put((byte) 0).putInt(NEW_LINES).putShort((short) 0);
    return bytes;
  }

  private byte[] descriptor() {
    String text =
        """
        # Disk DescriptorFile
        version=1
        CID=fffffffe
        parentCID=ffffffff
        createType="monolithicSparse"

        # Extent description
        RW %d SPARSE "disk.vmdk"

        # The Disk Data Base
        #DDB

        ddb.virtualHWVersion = "4"
        ddb.adapterType = "lsilogic"
        ddb.geometry.cylinders = "%d"
        ddb.geometry.heads = "255"
        ddb.geometry.sectors = "63"
        """
            .formatted(sectors, Math.min(65535, sectors / (255 * 63)));
    return Arrays.copyOf(
        text.getBytes(StandardCharsets.US_ASCII), DESCRIPTOR_SECTORS * Sectors.SIZE);
  }

  private byte[] directory() {
    byte[] bytes = new byte[(firstTableSector() - DIRECTORY_SECTOR) * Sectors.SIZE];
    ByteBuffer directory = littleEndian(bytes);
    int next = firstTableSector();
    for (int i = 0; i < grains.length; i++) {
      if (i == 0 || tableOf(grains[i]) != tableOf(grains[i - 1])) {
        directory.putInt(tableOf(grains[i]) * Integer.BYTES, next);
        next += TABLE_SECTORS;
      }
    }
    return bytes;
  }

  private void writeTables(OutputStream out) throws IOException {
    byte[] bytes = new byte[TABLE_SECTORS * Sectors.SIZE];
    ByteBuffer table = littleEndian(bytes);
    for (int i = 0; i < grains.length; i++) {
      long sector = dataSector() + (long) i * GRAIN_SECTORS;
      table.putInt(grains[i] % ENTRIES_PER_TABLE * Integer.BYTES, (int) sector);
      if (i + 1 == grains.length || tableOf(grains[i]) != tableOf(grains[i + 1])) {
        out.write(bytes);
        Arrays.fill(bytes, (byte) 0);
      }
    }
  }

  private static ByteBuffer littleEndian(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }
}
