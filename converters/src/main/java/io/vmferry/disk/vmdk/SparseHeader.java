package io.vmferry.disk.vmdk;

import io.vmferry.disk.VirtualSize;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.nio.ByteBuffer;

/**
 * The header of a hosted sparse extent ("Virtual Disk Format 5.0", section "Hosted Sparse Extent
 * Header"). The footer of a stream-optimized extent is another of the kind. Numbers are as stored:
 * offsets and sizes in sectors, any 64 bits until {@link #validate} has seen them.
 *
 * @param version 1 to 3
 * @param flags see the constants
 * @param capacity sectors of the disk
 * @param grainSize sectors of a grain
 * @param descriptorOffset sector of the embedded descriptor; 0 if there is none
 * @param descriptorSize sectors of it
 * @param entriesPerTable grain table entries in one grain table
 * @param redundantDirectoryOffset sector of the redundant grain directory; 0 if there is none
 * @param directoryOffset sector of the grain directory; {@link #AT_END} if the footer has it
 * @param overhead sectors before the first grain
 * @param newLines the four bytes that show whether the file went through a text-mode transfer
 * @param compression 0 for none, 1 for deflate
 */
record SparseHeader(
    int version,
    int flags,
    long capacity,
    long grainSize,
    long descriptorOffset,
    long descriptorSize,
    long entriesPerTable,
    long redundantDirectoryOffset,
    long directoryOffset,
    long overhead,
    int newLines,
    int compression) {

  /** Bytes of a header. */
  static final int LENGTH = Sectors.SIZE;

  /** "KDMV", read as a little-endian number. */
  static final int MAGIC = 0x564d444b;

  /** The grain directory's offset where the footer has the real one. */
  static final long AT_END = -1;

  /** The largest grain that is read: 8 MiB, for a compressed one is held whole. */
  static final int MAX_GRAIN_SECTORS = 1 << 14;

  private static final int MAX_ENTRIES_PER_TABLE = 1 << 16;
  private static final long MAX_DIRECTORY_ENTRIES = 1 << 23;
  private static final int MAX_VERSION = 3;

  private static final int FLAG_NEW_LINES_VALID = 1;
  private static final int FLAG_REDUNDANT_TABLES = 1 << 1;
  private static final int FLAG_ZEROED_GRAINS = 1 << 2;
  private static final int FLAG_COMPRESSED = 1 << 16;
  private static final int FLAG_MARKERS = 1 << 17;
  private static final int NEW_LINES = 0x0a0d200a;
  private static final int COMPRESSION_NONE = 0;
  private static final int COMPRESSION_DEFLATE = 1;

  /** Whether the buffer has a header's magic number at its position. */
  static boolean isAt(ByteBuffer buffer) {
    return buffer.remaining() >= LENGTH && buffer.getInt(buffer.position()) == MAGIC;
  }

  /** Takes a header apart that {@link #isAt} the little-endian buffer's position. */
  static SparseHeader parse(ByteBuffer buffer) {
    ByteBuffer b = buffer.slice().order(buffer.order());
    b.position(4);
    return new SparseHeader(
        b.getInt(),
        b.getInt(),
        b.getLong(),
        b.getLong(),
        b.getLong(),
        b.getLong(),
        Integer.toUnsignedLong(b.getInt()),
        b.getLong(),
        b.getLong(),
        b.getLong(),
        b.getInt(b.position() + 1),
        Short.toUnsignedInt(b.getShort(b.position() + 5)));
  }

  /**
   * Checks every field that reading depends on.
   *
   * @param name the file's name, for messages
   * @throws VmferryException {@link ErrorCode#VMDK_VERSION_UNSUPPORTED}, {@link
   *     ErrorCode#VMDK_HEADER_INVALID}, {@link ErrorCode#VMDK_COMPRESSION_UNSUPPORTED}, {@link
   *     ErrorCode#DISK_SIZE_ZERO} or {@link ErrorCode#DISK_SIZE_TOO_LARGE}
   */
  void validate(String name) {
    validateForm(name);
    VirtualSize.check(name, Sectors.toBytes(capacity));
    if (grainSize < 1 || grainSize > MAX_GRAIN_SECTORS) {
      throw invalid(
          name,
          "the grain size at offset 20 is %s sectors, expected 1 to %d"
              .formatted(Long.toUnsignedString(grainSize), MAX_GRAIN_SECTORS));
    }
    if (entriesPerTable < 1 || entriesPerTable > MAX_ENTRIES_PER_TABLE) {
      throw invalid(
          name,
          "the number of entries in a grain table at offset 44 is %d, expected 1 to %d"
              .formatted(entriesPerTable, MAX_ENTRIES_PER_TABLE));
    }
    if (tableCount() > MAX_DIRECTORY_ENTRIES) {
      throw invalid(
          name,
          "%d sectors in grain tables of %d grains of %d sectors need %d grain tables, at most %d are read"
              .formatted(
                  capacity, entriesPerTable, grainSize, tableCount(), MAX_DIRECTORY_ENTRIES));
    }
  }

  private void validateForm(String name) {
    if (version < 1 || version > MAX_VERSION) {
      throw new VmferryException(
          ErrorCode.VMDK_VERSION_UNSUPPORTED,
          "%s: the sparse extent header has version %s, expected 1 to %d"
              .formatted(name, Integer.toUnsignedString(version), MAX_VERSION));
    }
    if (has(FLAG_NEW_LINES_VALID) && newLines != NEW_LINES) {
      throw invalid(
          name,
          "the newline characters at offset 73 are %08x, expected %08x; the file went through a transfer in text mode"
              .formatted(Integer.reverseBytes(newLines), Integer.reverseBytes(NEW_LINES)));
    }
    int expected = compressed() ? COMPRESSION_DEFLATE : COMPRESSION_NONE;
    if (compression != expected) {
      throw new VmferryException(
          ErrorCode.VMDK_COMPRESSION_UNSUPPORTED,
          "%s: the compression algorithm at offset 77 is %d, expected %d as the flags are %#x"
              .formatted(name, compression, expected, flags));
    }
  }

  private static VmferryException invalid(String name, String detail) {
    return new VmferryException(ErrorCode.VMDK_HEADER_INVALID, "%s: %s".formatted(name, detail));
  }

  private boolean has(int flag) {
    return (flags & flag) != 0;
  }

  /** Whether grains are deflate streams. */
  boolean compressed() {
    return has(FLAG_COMPRESSED);
  }

  /** Whether a marker stands in front of every grain and table. */
  boolean hasMarkers() {
    return has(FLAG_MARKERS);
  }

  /** Whether a grain table entry of 1 means a grain of zeros. */
  boolean hasZeroedGrains() {
    return has(FLAG_ZEROED_GRAINS);
  }

  /** Whether the redundant directory is kept up to date. */
  boolean hasRedundantTables() {
    return has(FLAG_REDUNDANT_TABLES);
  }

  /** The disk's bytes. */
  long size() {
    return capacity * Sectors.SIZE;
  }

  /** Bytes of a grain. */
  int grainBytes() {
    return (int) grainSize * Sectors.SIZE;
  }

  /** The most a stored grain may take: what deflate makes of random bytes, and more than enough. */
  int maxStoredBytes() {
    return 2 * grainBytes() + (1 << 16);
  }

  /** Grains of the disk; the last one may be cut off by the capacity. */
  long grainCount() {
    return Math.ceilDiv(capacity, grainSize);
  }

  /** Grain tables of the disk, which is also the number of the grain directory's entries. */
  long tableCount() {
    return Math.ceilDiv(grainCount(), entriesPerTable);
  }

  /** Bytes of the disk that one grain table describes. */
  long bytesPerTable() {
    return entriesPerTable * grainBytes();
  }

  /** Bytes of one grain table. */
  int tableBytes() {
    return (int) entriesPerTable * Integer.BYTES;
  }

  /** Bytes of the grain directory. */
  long directoryBytes() {
    return tableCount() * Integer.BYTES;
  }

  /** Bytes of a grain that belong to the disk: all but of the last grain, which may have fewer. */
  int bytesInGrain(long grain) {
    return (int) Math.min(grainBytes(), size() - grain * grainBytes());
  }

  /** Whether {@code footer} describes the same disk, as the footer of this header must. */
  boolean describesSameDisk(SparseHeader footer) {
    return footer.capacity == capacity
        && footer.grainSize == grainSize
        && footer.entriesPerTable == entriesPerTable;
  }

  /** Whether that sector belongs to the header or the embedded descriptor. */
  boolean isReserved(long sector) {
    return sector == 0
        || (descriptorOffset > 0
            && sector >= descriptorOffset
            && sector - descriptorOffset < descriptorSize);
  }
}
