package io.vmferry.disk.vhd;

import io.vmferry.disk.block.SparseSource;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** Writes VHDs that no tool at hand writes. */
final class VhdBuilder {
  static final int FIXED = 2;
  static final int DYNAMIC = 3;

  private final int type;
  private final long currentSize;
  private final Map<Integer, byte[]> blocks = new TreeMap<>();
  private String creator = "win ";
  private int cylinders;
  private int heads;
  private int sectorsPerTrack;
  private int blockSize = 2 << 20;
  private long tableOffset = 1536;
  private long entries = -1;
  private int footerBytes = 512;
  private byte bitmap = (byte) 0xFF;
  private byte savedState;
  private boolean lastBlockCut;

  private VhdBuilder(int type, long currentSize) {
    this.type = type;
    this.currentSize = currentSize;
  }

  static VhdBuilder fixed(long currentSize) {
    return new VhdBuilder(FIXED, currentSize);
  }

  static VhdBuilder dynamic(long currentSize) {
    return new VhdBuilder(DYNAMIC, currentSize);
  }

  static VhdBuilder ofType(int type, long currentSize) {
    return new VhdBuilder(type, currentSize);
  }

  VhdBuilder creator(String application) {
    this.creator = application;
    return this;
  }

  VhdBuilder geometry(int cylinders, int heads, int sectorsPerTrack) {
    this.cylinders = cylinders;
    this.heads = heads;
    this.sectorsPerTrack = sectorsPerTrack;
    return this;
  }

  VhdBuilder blockSize(int bytes) {
    this.blockSize = bytes;
    return this;
  }

  VhdBuilder tableOffset(long offset) {
    this.tableOffset = offset;
    return this;
  }

  /** How many table entries the header says there are; without it, one for each block. */
  VhdBuilder entries(long count) {
    this.entries = count;
    return this;
  }

  VhdBuilder footerBytes(int bytes) {
    this.footerBytes = bytes;
    return this;
  }

  VhdBuilder bitmap(int bits) {
    this.bitmap = (byte) bits;
    return this;
  }

  VhdBuilder savedState() {
    this.savedState = 1;
    return this;
  }

  /** Stores no more of the disk's last block than the disk needs. */
  VhdBuilder lastBlockCut() {
    this.lastBlockCut = true;
    return this;
  }

  /** Stores a block: the content of a dynamic disk, or of a fixed one as if it had blocks. */
  VhdBuilder block(int index, byte[] content) {
    blocks.put(index, Arrays.copyOf(content, blockSize));
    return this;
  }

  /** The disk the image holds, if its size is the current size. */
  SparseSource disk() {
    SparseSource disk = new SparseSource();
    blocks.forEach((index, content) -> disk.put((long) index * blockSize, content));
    return disk.resize(currentSize);
  }

  SparseSource build() {
    SparseSource file = new SparseSource();
    if (type == FIXED) {
      SparseSource disk = disk();
      if (!blocks.isEmpty()) {
        file.put(0, disk.toByteArray());
      }
      file.put(currentSize, Arrays.copyOf(footer(), footerBytes));
      return file;
    }
    long count = Math.ceilDiv(currentSize, blockSize);
    file.put(0, footer());
    file.put(512, header(entries < 0 ? count : entries));
    long next = Math.ceilDiv(tableOffset + count * 4, 512) * 512;
    int bitmapBytes = Math.ceilDiv(blockSize / 512 / 8, 512) * 512;
    if (blocks.isEmpty()) {
      file.put(tableOffset, unallocated(count));
    } else {
      ByteBuffer table = ByteBuffer.wrap(unallocated(count));
      for (Map.Entry<Integer, byte[]> block : blocks.entrySet()) {
        table.putInt(block.getKey() * 4, (int) (next / 512));
        byte[] bits = new byte[bitmapBytes];
        Arrays.fill(bits, bitmap);
        file.put(next, bits);
        byte[] content = block.getValue();
        if (lastBlockCut && block.getKey() == count - 1) {
          content = Arrays.copyOf(content, (int) (currentSize - (count - 1) * blockSize));
        }
        file.put(next + bitmapBytes, content);
        next += bitmapBytes + content.length;
      }
      file.put(tableOffset, table.array());
    }
    return file.put(next, Arrays.copyOf(footer(), footerBytes));
  }

  private static byte[] unallocated(long count) {
    byte[] table = new byte[Math.toIntExact(count * 4)];
    Arrays.fill(table, (byte) 0xFF);
    return table;
  }

  byte[] footer() {
    ByteBuffer footer = ByteBuffer.allocate(512);
    footer.put(0, "conectix".getBytes(StandardCharsets.US_ASCII));
    footer.putInt(8, 2).putInt(12, 0x00010000).putLong(16, type == FIXED ? -1 : 512);
    footer.put(28, creator.getBytes(StandardCharsets.US_ASCII));
    footer.putLong(40, currentSize).putLong(48, currentSize);
    footer.putShort(56, (short) cylinders).put(58, (byte) heads).put(59, (byte) sectorsPerTrack);
    footer.putInt(60, type).put(84, savedState);
    return seal(footer.array(), 64);
  }

  private byte[] header(long count) {
    ByteBuffer header = ByteBuffer.allocate(1024);
    header.put(0, "cxsparse".getBytes(StandardCharsets.US_ASCII));
    header.putLong(8, -1).putLong(16, tableOffset).putInt(24, 0x00010000);
    header.putInt(28, (int) count).putInt(32, blockSize);
    return seal(header.array(), 36);
  }

  /** Puts the checksum: the complement of the sum of all bytes. */
  static byte[] seal(byte[] structure, int checksumOffset) {
    ByteBuffer view = ByteBuffer.wrap(structure).putInt(checksumOffset, 0);
    int sum = 0;
    for (byte value : structure) {
      sum += value & 0xFF;
    }
    view.putInt(checksumOffset, ~sum);
    return structure;
  }
}
