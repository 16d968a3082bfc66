package io.vmferry.functions.service;

/**
 * How a source is read: in which pieces, how many of them are kept, and how many are fetched ahead.
 *
 * @param segmentBytes bytes fetched at once
 * @param cacheBytes the most bytes kept for an open source
 * @param readAhead segments fetched ahead of a sequential reader
 */
public record Reading(int segmentBytes, long cacheBytes, int readAhead) {
  private static final int MIB = 1 << 20;

  /** For headers and directories: small pieces, nothing ahead. */
  static final Reading HEADERS = new Reading(64 << 10, 4 * MIB, 0);

  /** For a guest's file systems: many small reads here and there, of which many lie together. */
  static final Reading GUEST = new Reading(256 << 10, 64 * MIB, 1);

  /**
   * For the disk's data, with so much memory for each source: pieces of 1 to 4 MiB, a quarter of
   * the memory ahead.
   *
   * @param cacheMib MiB, at least 4
   */
  public static Reading ofData(int cacheMib) {
    int segment = Math.clamp(cacheMib / 16, 1, 4) * MIB;
    return new Reading(segment, (long) cacheMib * MIB, Math.max(1, cacheMib * (MIB / 4) / segment));
  }
}
