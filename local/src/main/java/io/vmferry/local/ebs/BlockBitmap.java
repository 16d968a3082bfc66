package io.vmferry.local.ebs;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Which blocks of a snapshot are written: one bit a block, in pages that exist only where a block
 * is. A volume of 16 TiB takes 4 MiB when it is full. Safe for use by many threads.
 */
final class BlockBitmap {
  private static final int PAGE_BITS = 15;
  private static final int PAGE_BLOCKS = 1 << PAGE_BITS;
  private static final int PAGE_WORDS = PAGE_BLOCKS / Long.SIZE;

  private final int blocks;
  private final long[] @Nullable [] pages;
  private int cardinality;

  BlockBitmap(int blocks) {
    this.blocks = blocks;
    this.pages = new long[(blocks + PAGE_BLOCKS - 1) >>> PAGE_BITS][];
  }

  synchronized void set(int block) {
    int number = block >>> PAGE_BITS;
    long[] page = pages[number];
    if (page == null) {
      page = new long[PAGE_WORDS];
      pages[number] = page;
    }
    int word = (block & (PAGE_BLOCKS - 1)) >>> 6;
    long bit = 1L << (block & 63);
    if ((page[word] & bit) == 0) {
      page[word] |= bit;
      cardinality++;
    }
  }

  synchronized void clear(int block) {
    long[] page = pages[block >>> PAGE_BITS];
    int word = (block & (PAGE_BLOCKS - 1)) >>> 6;
    long bit = 1L << (block & 63);
    if (page != null && (page[word] & bit) != 0) {
      page[word] &= ~bit;
      cardinality--;
    }
  }

  synchronized boolean get(int block) {
    if (block < 0 || block >= blocks) {
      return false;
    }
    long[] page = pages[block >>> PAGE_BITS];
    return page != null && (page[(block & (PAGE_BLOCKS - 1)) >>> 6] & 1L << (block & 63)) != 0;
  }

  /** How many blocks are written. */
  synchronized int cardinality() {
    return cardinality;
  }

  /** The first written block at or after this one; -1 if there is none. */
  synchronized int next(int from) {
    if (from < 0 || from >= blocks) {
      return -1;
    }
    int number = from >>> PAGE_BITS;
    int found = nextInPage(pages[number], from & (PAGE_BLOCKS - 1));
    while (found < 0 && ++number < pages.length) {
      found = nextInPage(pages[number], 0);
    }
    return found < 0 ? -1 : (number << PAGE_BITS) + found;
  }

  private static int nextInPage(long @Nullable [] page, int from) {
    if (page == null) {
      return -1;
    }
    int word = from >>> 6;
    long bits = page[word] & -1L << (from & 63);
    while (bits == 0) {
      if (++word == PAGE_WORDS) {
        return -1;
      }
      bits = page[word];
    }
    return (word << 6) + Long.numberOfTrailingZeros(bits);
  }

  @Override
  public synchronized String toString() {
    return cardinality
        + " of "
        + blocks
        + " blocks in "
        + Arrays.stream(pages).filter(p -> p != null).count()
        + " pages";
  }
}
