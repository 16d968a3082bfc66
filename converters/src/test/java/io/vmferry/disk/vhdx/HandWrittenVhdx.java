package io.vmferry.disk.vhdx;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** Writes VHDXs that qemu-img does not write, for the tests of other modules. */
public final class HandWrittenVhdx {
  private static final int BLOCK = 1 << 20;
  private static final int SECTOR = 4096;

  private HandWrittenVhdx() {}

  /**
   * Writes a disk with blocks of 1 MiB; those of zeros are not stored.
   *
   * @param disk a raw disk small enough to be held in memory, a whole number of sectors long
   * @param sectorSize the logical sector size: 512 or 4096
   */
  public static void write(Path disk, int sectorSize, Path image) throws IOException {
    byte[] content = Files.readAllBytes(disk);
    VhdxBuilder builder = new VhdxBuilder(content.length, BLOCK, sectorSize);
    for (int block = 0; block < Math.ceilDiv(content.length, BLOCK); block++) {
      byte[] bytes = block(content, block);
      if (isData(bytes)) {
        builder.block(block, bytes);
      }
    }
    Files.write(image, builder.build().toByteArray());
  }

  /**
   * Writes a disk as a host leaves it that stops in the middle: of every stored block the first 4
   * KiB that hold data are garbage in place, and right in the log alone.
   *
   * @param disk a raw disk small enough to be held in memory, a whole number of sectors long
   */
  public static void writeWithDirtyLog(Path disk, Path image) throws IOException {
    byte[] content = Files.readAllBytes(disk);
    VhdxBuilder builder = new VhdxBuilder(content.length, BLOCK, 512);
    // All blocks first: the log's entries name the file's size.
    long[] offsets = new long[Math.ceilDiv(content.length, BLOCK)];
    for (int block = 0; block < offsets.length; block++) {
      byte[] bytes = block(content, block);
      if (isData(bytes)) {
        offsets[block] = builder.next() + firstData(bytes);
        Arrays.fill(bytes, firstData(bytes), firstData(bytes) + SECTOR, (byte) 0xA5);
        builder.block(block, bytes);
      }
    }
    LogWriter log = new LogWriter(builder.build()).at(0);
    for (int block = 0; block < offsets.length; block++) {
      if (offsets[block] > 0) {
        byte[] bytes = block(content, block);
        int at = firstData(bytes);
        log.sector(offsets[block], Arrays.copyOfRange(bytes, at, at + SECTOR));
      }
    }
    Files.write(image, log.write().file().toByteArray());
  }

  private static byte[] block(byte[] content, int block) {
    int end = Math.min(content.length, (block + 1) * BLOCK);
    return Arrays.copyOf(Arrays.copyOfRange(content, block * BLOCK, end), BLOCK);
  }

  private static boolean isData(byte[] block) {
    return Arrays.mismatch(block, new byte[block.length]) >= 0;
  }

  /** The start of the first 4 KiB that are not all zeros. */
  private static int firstData(byte[] block) {
    return Arrays.mismatch(block, new byte[block.length]) / SECTOR * SECTOR;
  }
}
