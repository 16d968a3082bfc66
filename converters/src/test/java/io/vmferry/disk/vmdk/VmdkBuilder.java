package io.vmferry.disk.vmdk;

import io.vmferry.disk.io.ByteArraySource;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.zip.Deflater;

/**
 * Writes sparse extents by hand, in the ways that qemu-img does not: streams as VMware writes them,
 * with a marker in front of everything and the directory at the end; plain extents with redundant
 * tables; and either with any of the defects and oddities that files have.
 *
 * <p>Grains of zeros are left out.
 */
final class VmdkBuilder {
  static final int STREAM_FLAGS = 0x30001;
  static final int PLAIN_FLAGS = 0x3;
  static final int ZEROED_GRAINS = 0x4;

  private static final int SECTOR = 512;

  final byte[] disk;
  int version = 3;
  int flags = STREAM_FLAGS;
  int compression = 1;
  int grainSectors = 128;
  int entriesPerTable = 512;
  int level = Deflater.DEFAULT_COMPRESSION;
  boolean footer = true;
  boolean directory = true;
  boolean tableMarkers = true;
  boolean endOfStream = true;
  boolean redundant;
  boolean directoryInFront;
  boolean fullLastGrain;
  boolean unknownMarkers;
  int trailingZeros;
  int descriptorSectors = 20;
  String descriptor =
      """
      # Disk DescriptorFile
      version=1
      CID=fffffffe
      parentCID=ffffffff
      createType="streamOptimized"

      # Extent description
      RW 1 SPARSE "renamed since.vmdk"

      #DDB
      ddb.adapterType = "lsilogic"
      """;

  /** Grains whose table entry is 1. */
  final Set<Long> zeroed = new HashSet<>();

  /** Offsets of what was written, for damaging it: "footer", "directory", "table 0", "grain 3". */
  final Map<String, Integer> offsets = new LinkedHashMap<>();

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  VmdkBuilder(byte[] disk) {
    this.disk = disk;
  }

  /** A builder of plain extents, as monolithicSparse ones are. */
  static VmdkBuilder plain(byte[] disk) {
    VmdkBuilder builder = new VmdkBuilder(disk);
    builder.version = 1;
    builder.flags = PLAIN_FLAGS;
    builder.compression = 0;
    builder.footer = false;
    builder.tableMarkers = false;
    builder.endOfStream = false;
    builder.redundant = true;
    builder.directoryInFront = true;
    return builder;
  }

  ByteArraySource source(String name) {
    return new ByteArraySource(name, build());
  }

  /** The offset of what was written under that name. */
  int at(String name) {
    return Optional.ofNullable(offsets.get(name)).orElseThrow();
  }

  byte[] build() {
    out.reset();
    out.writeBytes(new byte[SECTOR]);
    out.writeBytes(
        Arrays.copyOf(
            descriptor.getBytes(StandardCharsets.UTF_8),
            descriptor.isEmpty() ? 0 : descriptorSectors * SECTOR));
    byte[] file = directoryInFront ? buildWithDirectoryInFront() : buildStream();
    offsets.put("end", file.length);
    return file;
  }

  private byte[] buildStream() {
    align(grainSectors);
    int overhead = sector();
    int[] tables = new int[tableCount()];
    for (int table = 0; table < tables.length; table++) {
      int[] entries = writeGrains(table);
      if (Arrays.stream(entries).anyMatch(entry -> entry != 0)) {
        if (unknownMarkers) {
          marker(1, 4);
          out.writeBytes(
              "what VMware keeps to itself"
                  .repeat(19)
                  .substring(0, 512)
                  .getBytes(StandardCharsets.US_ASCII));
        }
        if (tableMarkers) {
          marker(sectors(entriesPerTable * 4), 1);
        }
        tables[table] = sector();
        offsets.put("table " + table, out.size());
        writeInts(entries);
      }
    }
    int directorySector = 0;
    if (directory) {
      marker(sectors(tables.length * 4), 2);
      directorySector = sector();
      offsets.put("directory", out.size());
      writeInts(tables);
    }
    if (footer) {
      marker(1, 3);
      offsets.put("footer", out.size());
      out.writeBytes(header(directorySector, 0, overhead));
    }
    if (endOfStream) {
      offsets.put("end of stream", out.size());
      out.writeBytes(new byte[SECTOR]);
    }
    out.writeBytes(new byte[trailingZeros]);
    byte[] file = out.toByteArray();
    System.arraycopy(header(-1, 0, overhead), 0, file, 0, SECTOR);
    return file;
  }

  /** The redundant directory and its tables, the directory and its tables, then the grains. */
  private byte[] buildWithDirectoryInFront() {
    int tableSectors = sectors(entriesPerTable * 4);
    int directorySectors = sectors(tableCount() * 4);
    int redundantDirectory = redundant ? sector() : 0;
    if (redundant) {
      offsets.put("redundant directory", out.size());
      out.writeBytes(new byte[(directorySectors + tableCount() * tableSectors) * SECTOR]);
    }
    int directorySector = sector();
    offsets.put("directory", out.size());
    out.writeBytes(new byte[(directorySectors + tableCount() * tableSectors) * SECTOR]);
    align(grainSectors);
    int overhead = sector();
    int[][] tables = new int[tableCount()][];
    for (int table = 0; table < tables.length; table++) {
      tables[table] = writeGrains(table);
    }
    ByteBuffer file = ByteBuffer.wrap(out.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
    putTables(file, directorySector, tables, "table ");
    if (redundant) {
      putTables(file, redundantDirectory, tables, "redundant table ");
    }
    file.put(0, header(directorySector, redundantDirectory, overhead));
    return file.array();
  }

  private void putTables(ByteBuffer file, int directorySector, int[][] tables, String name) {
    int tableSectors = sectors(entriesPerTable * 4);
    int first = directorySector + sectors(tables.length * 4);
    for (int table = 0; table < tables.length; table++) {
      int at = first + table * tableSectors;
      offsets.put(name + table, at * SECTOR);
      file.putInt(directorySector * SECTOR + table * 4, at);
      for (int i = 0; i < entriesPerTable; i++) {
        file.putInt(at * SECTOR + i * 4, tables[table][i]);
      }
    }
  }

  private int[] writeGrains(int table) {
    int[] entries = new int[entriesPerTable];
    for (int i = 0; i < entriesPerTable; i++) {
      long grain = (long) table * entriesPerTable + i;
      if (zeroed.contains(grain)) {
        entries[i] = 1;
      } else if (isStored(grain)) {
        entries[i] = sector();
        offsets.put("grain " + grain, out.size());
        writeGrain(grain);
      }
    }
    return entries;
  }

  private boolean isStored(long grain) {
    byte[] bytes = grain(grain);
    return Arrays.mismatch(bytes, new byte[bytes.length]) >= 0;
  }

  private byte[] grain(long grain) {
    long start = grain * grainSectors * SECTOR;
    if (start >= disk.length) {
      return new byte[0];
    }
    int length = (int) Math.min((long) grainSectors * SECTOR, disk.length - start);
    return Arrays.copyOfRange(disk, (int) start, (int) start + length);
  }

  private void writeGrain(long grain) {
    byte[] bytes = grain(grain);
    if (fullLastGrain || compression == 0) {
      bytes = Arrays.copyOf(bytes, grainSectors * SECTOR);
    }
    if (compression == 0) {
      out.writeBytes(bytes);
      return;
    }
    byte[] deflated = deflate(bytes);
    if ((flags & 0x20000) != 0) {
      out.writeBytes(
          ByteBuffer.allocate(12)
              .order(ByteOrder.LITTLE_ENDIAN)
              .putLong(grain * grainSectors)
              .putInt(deflated.length)
              .array());
    }
    out.writeBytes(deflated);
    align(1);
  }

  private byte[] deflate(byte[] bytes) {
    try (Deflater deflater = new Deflater(level)) {
      deflater.setInput(bytes);
      deflater.finish();
      byte[] deflated = new byte[2 * bytes.length + 100];
      return Arrays.copyOf(deflated, deflater.deflate(deflated));
    }
  }

  private byte[] header(long directorySector, long redundantSector, int overhead) {
    return ByteBuffer.allocate(SECTOR)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putInt(0x564d444b)
        .putInt(version)
        .putInt(flags)
        .putLong(disk.length / SECTOR)
        .putLong(grainSectors)
        .putLong(descriptor.isEmpty() ? 0 : 1)
        .putLong(descriptor.isEmpty() ? 0 : descriptorSectors)
        .putInt(entriesPerTable)
        .putLong(redundantSector)
        .putLong(directorySector)
        .putLong(overhead)
        .put((byte) 0)
        .put(new byte[] {'\n', ' ', '\r', '\n'})
        .putShort((short) compression)
        .array();
  }

  private void marker(int sectors, int type) {
    out.writeBytes(
        ByteBuffer.allocate(SECTOR)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(sectors)
            .putInt(0)
            .putInt(type)
            .array());
  }

  private void writeInts(int[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asIntBuffer().put(values);
    out.writeBytes(bytes.array());
    align(1);
  }

  private int tableCount() {
    return Math.ceilDiv(Math.ceilDiv(disk.length / SECTOR, grainSectors), entriesPerTable);
  }

  private int sector() {
    return out.size() / SECTOR;
  }

  private static int sectors(int bytes) {
    return Math.ceilDiv(bytes, SECTOR);
  }

  private void align(int sectors) {
    int unit = sectors * SECTOR;
    out.writeBytes(new byte[Math.ceilDiv(out.size(), unit) * unit - out.size()]);
  }
}
