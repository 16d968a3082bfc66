package io.vmferry.disk.block;

import io.vmferry.disk.io.ByteSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;

/** A file in memory of any size, zero where nothing was put; counts what is read of it. */
public final class SparseSource implements ByteSource {
  private final NavigableMap<Long, byte[]> pieces = new TreeMap<>();
  private final AtomicLong bytesRead = new AtomicLong();
  private final AtomicLong reads = new AtomicLong();
  private long size;
  private boolean closed;

  /** Puts bytes over what is there; the file grows to hold them. */
  public SparseSource put(long offset, byte[] bytes) {
    for (Map.Entry<Long, byte[]> below : pieces.headMap(offset + bytes.length).entrySet()) {
      long start = below.getKey();
      byte[] piece = below.getValue();
      if (start <= offset && start + piece.length >= offset + bytes.length) {
        System.arraycopy(bytes, 0, piece, (int) (offset - start), bytes.length);
        return this;
      }
      if (start + piece.length > offset) {
        throw new IllegalArgumentException(
            "bytes at %d overlap those at %d".formatted(offset, start));
      }
    }
    pieces.put(offset, bytes.clone());
    size = Math.max(size, offset + bytes.length);
    return this;
  }

  /** Cuts the file off, or lets it grow by a hole. */
  public SparseSource resize(long newSize) {
    size = newSize;
    return this;
  }

  /** How many bytes were read. */
  public long bytesRead() {
    return bytesRead.get();
  }

  /** How many reads there were. */
  public long reads() {
    return reads.get();
  }

  /** Whether the source was closed. */
  public boolean closed() {
    return closed;
  }

  /** The whole file. */
  public byte[] toByteArray() {
    ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(size));
    copy(0, all);
    return all.array();
  }

  @Override
  public String name() {
    return "sparse";
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void readFully(long position, ByteBuffer destination) throws IOException {
    checkRange(position, destination.remaining());
    bytesRead.addAndGet(destination.remaining());
    reads.incrementAndGet();
    copy(position, destination);
  }

  private void copy(long position, ByteBuffer destination) {
    long end = position + destination.remaining();
    int start = destination.position();
    destination.put(new byte[destination.remaining()]);
    Long first = pieces.floorKey(position);
    for (Map.Entry<Long, byte[]> entry :
        pieces.subMap(first == null ? position : first, true, end, false).entrySet()) {
      byte[] piece = entry.getValue();
      long from = Math.max(position, entry.getKey());
      long to = Math.min(end, entry.getKey() + piece.length);
      if (from < to) {
        destination.put(
            start + (int) (from - position),
            piece,
            (int) (from - entry.getKey()),
            (int) (to - from));
      }
    }
  }

  @Override
  public void close() {
    closed = true;
  }
}
