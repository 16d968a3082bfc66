package io.vmferry.local.ebs;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class BlockBitmapTest {
  private static final int BLOCKS = 200_000;

  @Test
  void agreesWithTheJdksBitSet() {
    Random random = new Random(7);
    BlockBitmap bitmap = new BlockBitmap(BLOCKS);
    BitSet expected = new BitSet();
    for (int i = 0; i < 5_000; i++) {
      int block = random.nextInt(BLOCKS);
      if (random.nextInt(4) == 0) {
        bitmap.clear(block);
        expected.clear(block);
      } else {
        bitmap.set(block);
        expected.set(block);
      }
    }

    assertThat(bitmap.cardinality()).isEqualTo(expected.cardinality());
    for (int from = 0; from < BLOCKS; from += 97) {
      assertThat(bitmap.next(from)).isEqualTo(expected.nextSetBit(from));
      assertThat(bitmap.get(from)).isEqualTo(expected.get(from));
    }
  }

  @Test
  void findsTheLastBlockOfTheLargestVolume() {
    int blocks = 65_536 * 2048;
    BlockBitmap bitmap = new BlockBitmap(blocks);
    bitmap.set(blocks - 1);

    assertThat(bitmap.next(0)).isEqualTo(blocks - 1);
    assertThat(bitmap.next(blocks)).isEqualTo(-1);
    assertThat(bitmap.toString()).isEqualTo("1 of 134217728 blocks in 1 pages");
  }
}
