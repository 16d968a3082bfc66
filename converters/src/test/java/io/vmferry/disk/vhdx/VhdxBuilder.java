package io.vmferry.disk.vhdx;

import io.vmferry.disk.block.SparseSource;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.zip.CRC32C;

/**
 * Writes VHDX images that no tool at hand writes: headers, the log at 1 MiB, metadata at 2 MiB, the
 * block allocation table at 3 MiB, blocks behind it.
 */
final class VhdxBuilder {
  static final int MIB = 1 << 20;
  static final int HEADER_1 = 64 << 10;
  static final int HEADER_2 = 128 << 10;
  static final int REGIONS_1 = 192 << 10;
  static final int REGIONS_2 = 256 << 10;
  static final int LOG = MIB;
  static final int METADATA = 2 * MIB;
  static final int TABLE = 3 * MIB;
  static final UUID NONE = new UUID(0, 0);
  static final UUID FILE_PARAMETERS = UUID.fromString("caa16737-fa36-4d43-b3b6-33f0aa44e76b");
  static final UUID PARENT_LOCATOR = UUID.fromString("a8d35f2d-b30b-454d-abf7-d3d84834ab0c");

  static final int ZERO = 2;
  static final int UNMAPPED = 3;
  static final int PRESENT = 6;
  static final int PARTIALLY = 7;

  private static final int ITEMS = 64 << 10;

  private final long virtualSize;
  private final int blockSize;
  private final int sectorSize;
  private final long chunkRatio;
  private final SparseSource file = new SparseSource();
  private final SparseSource disk = new SparseSource();
  private final Map<Long, byte[]> tableSectors = new TreeMap<>();
  private final long tableBytes;
  private long next;

  VhdxBuilder(long virtualSize, int blockSize, int sectorSize) {
    this.virtualSize = virtualSize;
    this.blockSize = blockSize;
    this.sectorSize = sectorSize;
    this.chunkRatio = (1L << 23) * sectorSize / blockSize;
    this.tableBytes =
        Math.ceilDiv((entryIndex(Math.ceilDiv(virtualSize, blockSize) - 1) + 1) * 8, MIB) * MIB;
    this.next = TABLE + tableBytes;
    file.put(0, Arrays.copyOf("vhdxfile".getBytes(StandardCharsets.US_ASCII), 4096));
    file.put(HEADER_1, header(1, NONE)).put(HEADER_2, header(2, NONE));
    byte[] regions = regions();
    file.put(REGIONS_1, regions).put(REGIONS_2, regions);
    file.put(METADATA, metadata());
    file.resize(next);
  }

  private long entryIndex(long block) {
    return block + block / chunkRatio;
  }

  /** Where a block's entry is in the file. */
  long entryOffset(long block) {
    return TABLE + entryIndex(block) * 8;
  }

  /** Stores a block at the file's end. */
  VhdxBuilder block(long block, byte[] content) {
    file.put(next, content);
    disk.put(block * blockSize, content);
    entry(block, next | PRESENT);
    next += blockSize;
    return this;
  }

  /** Gives a block's entry a state without data. */
  VhdxBuilder state(long block, int state) {
    return entry(block, state);
  }

  VhdxBuilder entry(long block, long entry) {
    long offset = entryOffset(block);
    byte[] sector = tableSectors.computeIfAbsent(offset / 4096 * 4096, at -> new byte[4096]);
    ByteBuffer.wrap(sector).order(ByteOrder.LITTLE_ENDIAN).putLong((int) (offset % 4096), entry);
    return this;
  }

  /** The 4 KiB of the table that hold a block's entry. */
  byte[] tableSector(long block) {
    byte[] sector = tableSectors.get(entryOffset(block) / 4096 * 4096);
    return sector == null ? new byte[4096] : sector.clone();
  }

  long next() {
    return next;
  }

  SparseSource disk() {
    return disk.resize(virtualSize);
  }

  SparseSource build() {
    tableSectors.forEach(file::put);
    return file;
  }

  static byte[] header(long sequenceNumber, UUID logGuid) {
    ByteBuffer header = littleEndian(4096);
    header.put(0, "head".getBytes(StandardCharsets.US_ASCII)).putLong(8, sequenceNumber);
    header.put(16, guid(new UUID(1, 2))).put(32, guid(new UUID(3, 4))).put(48, guid(logGuid));
    header.putShort(66, (short) 1).putInt(68, MIB).putLong(72, LOG);
    return seal(bytes(header));
  }

  private byte[] regions() {
    ByteBuffer table = littleEndian(64 << 10);
    table.put(0, "regi".getBytes(StandardCharsets.US_ASCII)).putInt(8, 2);
    table.put(16, guid(UUID.fromString("2dc27766-f623-4200-9d64-115e9bfd4a08")));
    table.putLong(32, TABLE).putInt(40, (int) tableBytes).putInt(44, 1);
    table.put(48, guid(UUID.fromString("8b7ca206-4790-4b9a-b8fe-575f050f886e")));
    table.putLong(64, METADATA).putInt(72, MIB).putInt(76, 1);
    return seal(bytes(table));
  }

  private byte[] metadata() {
    ByteBuffer region = littleEndian(MIB);
    region.put(0, "metadata".getBytes(StandardCharsets.US_ASCII)).putShort(10, (short) 5);
    region.putInt(ITEMS, blockSize);
    item(region, 0, FILE_PARAMETERS, ITEMS, 8, 4);
    region.putLong(ITEMS + 8, virtualSize);
    item(region, 1, UUID.fromString("2fa54224-cd1b-4876-b211-5dbed83bf4b8"), ITEMS + 8, 8, 6);
    region.putInt(ITEMS + 16, sectorSize);
    item(region, 2, UUID.fromString("8141bf1d-a96f-4709-ba47-f233a8faab5f"), ITEMS + 16, 4, 6);
    region.putInt(ITEMS + 20, 4096);
    item(region, 3, UUID.fromString("cda348c7-445d-4471-9cc9-e9885251c556"), ITEMS + 20, 4, 6);
    item(region, 4, UUID.fromString("beca12ab-b2e6-4523-93ef-c309e000c746"), ITEMS + 24, 16, 6);
    return bytes(region);
  }

  static void item(ByteBuffer region, int index, UUID id, int offset, int length, int flags) {
    int at = 32 + index * 32;
    region.put(at, guid(id)).putInt(at + 16, offset).putInt(at + 20, length);
    region.putInt(at + 24, flags);
  }

  /** Changes a structure of a file and puts its checksum right again. */
  static void editSealed(SparseSource file, long at, int length, Consumer<ByteBuffer> change) {
    file.put(at, seal(edited(file, at, length, change)));
  }

  /** Changes bytes of a file. */
  static void edit(SparseSource file, long at, int length, Consumer<ByteBuffer> change) {
    file.put(at, edited(file, at, length, change));
  }

  private static byte[] edited(
      SparseSource file, long at, int length, Consumer<ByteBuffer> change) {
    ByteBuffer bytes = littleEndian(length);
    try {
      file.readFully(at, bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    change.accept(bytes.clear());
    return bytes(bytes);
  }

  static ByteBuffer littleEndian(int length) {
    return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
  }

  /** All of a buffer's bytes. */
  static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.capacity()];
    buffer.get(0, bytes);
    return bytes;
  }

  static byte[] seal(byte[] structure) {
    ByteBuffer view = ByteBuffer.wrap(structure).order(ByteOrder.LITTLE_ENDIAN).putInt(4, 0);
    CRC32C crc = new CRC32C();
    crc.update(structure);
    view.putInt(4, (int) crc.getValue());
    return structure;
  }

  static byte[] guid(UUID id) {
    ByteBuffer bytes = littleEndian(16);
    bytes.putInt((int) (id.getMostSignificantBits() >>> 32));
    bytes.putShort((short) (id.getMostSignificantBits() >>> 16));
    bytes.putShort((short) id.getMostSignificantBits());
    bytes.order(ByteOrder.BIG_ENDIAN).putLong(id.getLeastSignificantBits());
    return bytes(bytes);
  }
}
