package io.vmferry.disk.convert;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ChunkPlannerTest {
  private static final long MIB = 1L << 20;
  private static final long GIB = 1L << 30;
  private static final int BLOCK = BlockRange.BLOCK_SIZE;

  @Test
  void plansNothingForADiskWithoutData() throws IOException {
    assertThat(plan(new SparseDisk(16L << 40))).isEmpty();
  }

  @Test
  void startsAndEndsAtTheBlocksThatHoldData() throws IOException {
    assertThat(plan(new SparseDisk(10 * GIB).with(3 * MIB + 700, 100)))
        .containsExactly(new BlockRange(6, 1));
  }

  @Test
  void coversThePartialLastBlock() throws IOException {
    long size = BLOCK + 512;
    assertThat(plan(new SparseDisk(size).with(0, size))).containsExactly(new BlockRange(0, 2));
  }

  @Test
  void endsAChunkAtTheAlignmentAfterItsShareOfData() throws IOException {
    List<BlockRange> chunks = plan(new SparseDisk(4 * GIB).with(100 * MIB, 3 * GIB));
    assertThat(chunks)
        .containsExactly(
            new BlockRange(200, 2560 - 200),
            new BlockRange(2560, 2048),
            new BlockRange(4608, 6344 - 4608));
  }

  @Test
  void startsANewChunkWhereTheSpanWouldGrowTooLong() throws IOException {
    SparseDisk disk = new SparseDisk(1L << 40).with(0, MIB).with(200 * GIB, MIB);
    assertThat(plan(disk)).containsExactly(new BlockRange(0, 2), new BlockRange(409600, 2));
  }

  @Test
  void neverPlansABlockTwiceWhenTwoChunksMeetInIt() throws IOException {
    // Data at the start of a block ends one chunk; data at the end of the same block starts the
    // next.
    SparseDisk disk =
        new SparseDisk(1L << 40).with(0, 10).with(64 * GIB, 10).with(64 * GIB + 500, 12);
    List<BlockRange> chunks = plan(disk);
    assertCoversOnce(disk, chunks);
  }

  @Test
  void coversAllDataOfRandomDisksOnceAndInOrder() throws IOException {
    Random random = new Random(5);
    for (int round = 0; round < 200; round++) {
      SparseDisk disk = new SparseDisk(200 * GIB);
      long offset = 0;
      while (true) {
        offset += random.nextLong(random.nextBoolean() ? 40 * GIB : 2 * MIB);
        long length = 1 + random.nextLong(random.nextBoolean() ? 3 * GIB : MIB);
        if (offset + length > disk.virtualSize()) {
          break;
        }
        disk.with(offset, length);
        offset += length;
      }
      assertCoversOnce(disk, plan(disk));
    }
  }

  @Test
  void plansAFull16TiBDiskInChunksOfAGib() throws IOException {
    long size = 16L << 40;
    assertThat(plan(new SparseDisk(size).with(0, size)))
        .hasSize(16 * 1024)
        .allSatisfy(chunk -> assertThat(chunk.bytes()).isEqualTo(GIB));
  }

  private static void assertCoversOnce(SparseDisk disk, List<BlockRange> chunks) {
    long end = 0;
    for (BlockRange chunk : chunks) {
      assertThat(chunk.startByte()).isGreaterThanOrEqualTo(end);
      end = chunk.endByte();
    }
    disk.runs()
        .forEach(
            (offset, length) -> {
              for (long at : new long[] {offset, offset + length / 2, offset + length - 1}) {
                assertThat(chunks)
                    .as("data at %d", at)
                    .anyMatch(chunk -> chunk.startByte() <= at && at < chunk.endByte());
              }
            });
  }

  private static List<BlockRange> plan(SparseDisk disk) throws IOException {
    List<BlockRange> chunks = new ArrayList<>();
    ChunkPlanner.plan(disk, ChunkPlanner.Limits.DEFAULT, chunks::add);
    return chunks;
  }
}
