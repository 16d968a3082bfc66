package io.vmferry.disk.overlay;

import io.vmferry.disk.Extent;
import java.util.BitSet;

/**
 * What an overlay knows of one changed block: for each of its pages whether it is still the
 * source's, stored in the overlay's file, or zeros. Under the block's lock.
 */
final class OverlayBlock {
  /** Where the block's pages are in the file: at this number times the block size. */
  private final int slot;

  private final BitSet stored = new BitSet(OverlayImage.PAGES_PER_BLOCK);
  private final BitSet zeros = new BitSet(OverlayImage.PAGES_PER_BLOCK);

  OverlayBlock(int slot) {
    this.slot = slot;
  }

  int slot() {
    return slot;
  }

  Page page(int page) {
    if (stored.get(page)) {
      return Page.STORED;
    }
    return zeros.get(page) ? Page.ZEROS : Page.SOURCE;
  }

  /** The first page from {@code page} on, and before {@code end}, that is kept otherwise. */
  int runEnd(int page, int end) {
    Page kind = page(page);
    int at = page + 1;
    while (at < end && page(at) == kind) {
      at++;
    }
    return at;
  }

  void setStored(int page) {
    stored.set(page);
    zeros.clear(page);
  }

  void setZeros(int page) {
    zeros.set(page);
    stored.clear(page);
  }

  int storedPages() {
    return stored.cardinality();
  }

  boolean isAllZeros() {
    return zeros.cardinality() == OverlayImage.PAGES_PER_BLOCK;
  }

  /** How a page of a changed block is kept. */
  enum Page {
    /** Unchanged: the source has it. */
    SOURCE,
    /** In the overlay's file. */
    STORED,
    /** Nowhere; it reads as zeros. */
    ZEROS;

    Extent.Kind kind() {
      return switch (this) {
        case SOURCE -> throw new IllegalStateException("the source tells");
        case STORED -> Extent.Kind.DATA;
        case ZEROS -> Extent.Kind.ZERO;
      };
    }
  }
}
