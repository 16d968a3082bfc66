package io.vmferry.disk.convert;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.Extent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

/** A disk of any size that holds runs of made-up data; what is not such a run is unallocated. */
class SparseDisk implements DiskImage {
  private final long size;
  private final TreeMap<Long, Long> runs = new TreeMap<>();

  SparseDisk(long size) {
    this.size = size;
  }

  /** Adds a run of data. */
  SparseDisk with(long offset, long length) {
    runs.put(offset, length);
    return this;
  }

  Map<Long, Long> runs() {
    return runs;
  }

  @Override
  public DiskFormat format() {
    return DiskFormat.RAW;
  }

  @Override
  public long virtualSize() {
    return size;
  }

  @Override
  public Extent extentAt(long offset, long maxLength) {
    long end = offset + checkExtent(offset, maxLength);
    Map.Entry<Long, Long> before = runs.floorEntry(offset);
    if (before != null && before.getKey() + before.getValue() > offset) {
      long dataEnd = Math.min(end, before.getKey() + before.getValue());
      return new Extent(offset, dataEnd - offset, Extent.Kind.DATA);
    }
    Long next = runs.higherKey(offset);
    long holeEnd = next == null ? end : Math.min(end, next);
    return new Extent(offset, holeEnd - offset, Extent.Kind.UNALLOCATED);
  }

  @Override
  public Extent plannedExtentAt(long offset, long maxLength) {
    return extentAt(offset, maxLength);
  }

  @Override
  public void readFully(long offset, ByteBuffer destination) throws IOException {
    checkRange(offset, destination.remaining());
    while (destination.hasRemaining()) {
      byte value = extentAt(offset, 1).isData() ? (byte) new Random(offset / 512).nextInt() : 0;
      int length = (int) Math.min(destination.remaining(), 512 - offset % 512);
      for (int i = 0; i < length; i++) {
        destination.put(extentAt(offset + i, 1).isData() ? (byte) (value | 1) : 0);
      }
      offset += length;
    }
  }

  @Override
  public void close() {}
}
