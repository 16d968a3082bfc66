package io.vmferry.disk.vhdx;

import io.vmferry.disk.VirtualSize;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.io.StructureReader;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/**
 * What the metadata region says of the disk ([MS-VHDX] 2.6).
 *
 * @param blockSize the bytes of a payload block: a power of two from 1 to 256 MiB
 * @param virtualSize the disk's size in bytes
 * @param logicalSectorSize 512 or 4096
 */
record VhdxMetadata(long blockSize, long virtualSize, int logicalSectorSize) {
  private static final int TABLE_BYTES = 64 << 10;
  private static final int ENTRIES_OFFSET = 32;
  private static final int ENTRY_BYTES = 32;
  private static final int MAX_ENTRIES = 2047;
  private static final int IS_USER = 1;
  private static final int IS_REQUIRED = 4;
  private static final int HAS_PARENT = 2;
  private static final long MIN_BLOCK = 1 << 20;
  private static final long MAX_BLOCK = 256 << 20;

  /** {@code metadata} in ASCII, little-endian. */
  private static final long SIGNATURE = 0x617461646174656DL;

  /** The items that are known. */
  private enum Item {
    FILE_PARAMETERS("caa16737-fa36-4d43-b3b6-33f0aa44e76b", 8),
    VIRTUAL_DISK_SIZE("2fa54224-cd1b-4876-b211-5dbed83bf4b8", 8),
    PAGE_83_DATA("beca12ab-b2e6-4523-93ef-c309e000c746", 16),
    LOGICAL_SECTOR_SIZE("8141bf1d-a96f-4709-ba47-f233a8faab5f", 4),
    PHYSICAL_SECTOR_SIZE("cda348c7-445d-4471-9cc9-e9885251c556", 4),
    PARENT_LOCATOR("a8d35f2d-b30b-454d-abf7-d3d84834ab0c", 0);

    final UUID id;
    final int bytes;

    Item(String id, int bytes) {
      this.id = UUID.fromString(id);
      this.bytes = bytes;
    }
  }

  /** An item's place in the region. */
  private record Place(long offset, long length) {}

  static VhdxMetadata read(ByteSource source, Region region) throws IOException {
    return new Reader(source, region).read();
  }

  /** Reads the table and the items of one region. */
  private static final class Reader {
    private final ByteSource source;
    private final Region region;
    private final StructureReader structures;
    private final Map<Item, Place> places = new HashMap<>();

    Reader(ByteSource source, Region region) {
      this.source = source;
      this.region = region;
      this.structures = new StructureReader(source, ByteOrder.LITTLE_ENDIAN);
    }

    VhdxMetadata read() throws IOException {
      readTable();
      ByteBuffer parameters = item(Item.FILE_PARAMETERS);
      long blockSize = Integer.toUnsignedLong(parameters.getInt(0));
      if ((parameters.getInt(4) & HAS_PARENT) != 0 || places.containsKey(Item.PARENT_LOCATOR)) {
        throw new VmferryException(
            ErrorCode.VHDX_DIFFERENCING_UNSUPPORTED,
            "%s: the metadata at offset %d names a parent disk"
                .formatted(source.name(), region.offset()));
      }
      if (blockSize < MIN_BLOCK || blockSize > MAX_BLOCK || Long.bitCount(blockSize) != 1) {
        throw invalid(
            "says a block size of %d bytes; a power of two from 1 to 256 MiB was expected"
                .formatted(blockSize));
      }
      int sectorSize = item(Item.LOGICAL_SECTOR_SIZE).getInt(0);
      if (sectorSize != 512 && sectorSize != 4096) {
        throw invalid(
            "says a logical sector size of %s bytes; 512 or 4096 was expected"
                .formatted(Integer.toUnsignedString(sectorSize)));
      }
      long virtualSize = VirtualSize.check(source.name(), item(Item.VIRTUAL_DISK_SIZE).getLong(0));
      if (virtualSize % sectorSize != 0) {
        throw invalid(
            "says a disk of %d bytes, which are no whole sectors of %d"
                .formatted(virtualSize, sectorSize));
      }
      return new VhdxMetadata(blockSize, virtualSize, sectorSize);
    }

    private void readTable() throws IOException {
      ByteBuffer table = structures.read("VHDX metadata table", region.offset(), TABLE_BYTES);
      int entries = Short.toUnsignedInt(table.getShort(10));
      if (table.getLong(0) != SIGNATURE || entries > MAX_ENTRIES) {
        throw invalid(
            "starts with %016x and has %d entries; 'metadata' and at most 2047 were expected"
                .formatted(Long.reverseBytes(table.getLong(0)), entries));
      }
      for (int i = 0; i < entries; i++) {
        readEntry(table, ENTRIES_OFFSET + i * ENTRY_BYTES);
      }
    }

    private void readEntry(ByteBuffer table, int at) {
      UUID id = Guids.read(table, at);
      int flags = table.getInt(at + 24);
      for (Item item : Item.values()) {
        if (item.id.equals(id) && (flags & IS_USER) == 0) {
          Place place =
              new Place(
                  Integer.toUnsignedLong(table.getInt(at + 16)),
                  Integer.toUnsignedLong(table.getInt(at + 20)));
          if (places.put(item, place) != null) {
            throw invalid("has the item %s twice".formatted(id));
          }
          return;
        }
      }
      if ((flags & IS_REQUIRED) != 0) {
        throw invalid("has the required item %s, which is not known".formatted(id));
      }
    }

    private ByteBuffer item(Item item) throws IOException {
      Place place = places.get(item);
      if (place == null) {
        throw invalid("has no item %s".formatted(item.id));
      }
      if (place.length < item.bytes
          || place.offset < TABLE_BYTES
          || place.offset + place.length > region.length()) {
        throw invalid(
            "has the item %s with %d bytes at %d of the region's %d; %d bytes behind the table were expected"
                .formatted(item.id, place.length, place.offset, region.length(), item.bytes));
      }
      return structures.read("VHDX metadata item", region.offset() + place.offset, item.bytes);
    }

    private VmferryException invalid(String found) {
      return new VmferryException(
          ErrorCode.VHDX_METADATA_INVALID,
          "%s: the metadata at offset %d %s".formatted(source.name(), region.offset(), found));
    }
  }
}
