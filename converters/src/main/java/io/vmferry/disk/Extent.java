package io.vmferry.disk;

/**
 * A run of a virtual disk that is stored alike.
 *
 * @param offset first byte in the virtual disk
 * @param length bytes, at least 1
 * @param kind how the run is stored
 */
public record Extent(long offset, long length, Kind kind) {

  /** How a run of a virtual disk is stored. */
  public enum Kind {
    /** Stored in the image; may still hold zeros. */
    DATA,
    /** Known to read as zeros, without data in the image. */
    ZERO,
    /** Not stored; reads as zeros here, and as the parent's content in an overlay. */
    UNALLOCATED
  }

  /** Checks that the run is not empty and does not start below 0. */
  public Extent {
    if (offset < 0 || length <= 0) {
      throw new IllegalArgumentException("extent of %d bytes at %d".formatted(length, offset));
    }
  }

  /** The first byte after the run. */
  public long end() {
    return offset + length;
  }

  /** Whether the run has bytes in the image that must be read. */
  public boolean isData() {
    return kind == Kind.DATA;
  }
}
