package io.vmferry.disk.block;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.DiskImageContract;
import io.vmferry.disk.Extent;
import io.vmferry.disk.io.ByteSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Twelve blocks, the last cut: 0 to 3 in one piece, 4 and 7 apart, the others in no file. */
class BlockImageTest extends DiskImageContract {
  private static final int BLOCK = 1 << 16;
  private static final long SIZE = 12 * BLOCK - 1536;
  private static final long[] TABLE = {
    5000,
    5000 + BLOCK,
    5000 + 2 * BLOCK,
    5000 + 3 * BLOCK,
    1_000_000,
    BlockTable.ZERO,
    BlockTable.UNALLOCATED,
    2_000_000,
    BlockTable.UNALLOCATED,
    BlockTable.UNALLOCATED,
    BlockTable.ZERO,
    900_000
  };

  private final SparseSource file = new SparseSource();
  private final SparseSource disk = new SparseSource();

  BlockImageTest() {
    Random random = new Random(3);
    byte[] content = new byte[BLOCK];
    for (int block = 0; block < TABLE.length; block++) {
      if (TABLE[block] >= 0) {
        random.nextBytes(content);
        file.put(TABLE[block], content);
        disk.put((long) block * BLOCK, content);
      }
    }
    disk.resize(SIZE);
  }

  @Override
  protected DiskImage openImage() {
    return new BlockImage(DiskFormat.VHD, file, SIZE, BLOCK, block -> TABLE[(int) block], 4);
  }

  @Override
  protected ByteSource openExpected() {
    return disk;
  }

  @Test
  void readsBlocksThatFollowEachOtherInOnePiece() throws IOException {
    try (DiskImage image = openImage()) {
      image.readFully(100, ByteBuffer.allocate(4 * BLOCK - 200));
      assertThat(file.reads()).isEqualTo(1);
    }
  }

  @Test
  void readsNothingForBlocksThatAreNotStored() throws IOException {
    try (DiskImage image = openImage()) {
      image.readFully(5 * BLOCK, ByteBuffer.allocateDirect(2 * BLOCK));
      assertThat(file.reads()).isZero();
    }
  }

  @Test
  void leavesTheDestinationsLimitAndTheBytesBeforeItsPosition() throws IOException {
    try (DiskImage image = openImage()) {
      ByteBuffer destination = ByteBuffer.allocate(6 * BLOCK).position(10).limit(5 * BLOCK);
      image.readFully(2 * BLOCK, destination);
      assertThat(destination.position()).isEqualTo(5 * BLOCK);
      assertThat(destination.limit()).isEqualTo(5 * BLOCK);
      assertThat(destination.get(9)).isZero();
    }
  }

  @Test
  void tellsExactlyHowBlocksAreStored() throws IOException {
    try (DiskImage image = openImage()) {
      assertThat(image.extentAt(3, Long.MAX_VALUE))
          .isEqualTo(new Extent(3, 5 * BLOCK - 3, Extent.Kind.DATA));
      assertThat(image.extentAt(5 * BLOCK, Long.MAX_VALUE).kind()).isEqualTo(Extent.Kind.ZERO);
      assertThat(image.extentAt(8 * BLOCK + 1, Long.MAX_VALUE))
          .isEqualTo(new Extent(8 * BLOCK + 1, 2 * BLOCK - 1, Extent.Kind.UNALLOCATED));
    }
  }

  @Test
  void plansWhatLiesBehindTheFirst48MiBOfTheTableAsDataWithoutAsking() throws IOException {
    long planned = (48L << 20) / 8;
    BlockTable table =
        block -> {
          if (block >= planned) {
            throw new IOException("asked for block " + block);
          }
          return BlockTable.UNALLOCATED;
        };
    try (DiskImage image = new BlockImage(DiskFormat.VHDX, file, 16L << 40, 1 << 20, table, 8)) {
      assertThat(image.plannedExtentAt(0, Long.MAX_VALUE))
          .isEqualTo(new Extent(0, planned << 20, Extent.Kind.UNALLOCATED));
      assertThat(image.plannedExtentAt(planned << 20, Long.MAX_VALUE))
          .isEqualTo(new Extent(planned << 20, (16L << 40) - (planned << 20), Extent.Kind.DATA));
    }
  }
}
