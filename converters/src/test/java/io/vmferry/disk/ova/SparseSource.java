package io.vmferry.disk.ova;

import io.vmferry.disk.io.ByteSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.TreeMap;

/** Pieces of bytes at offsets, and between them, for as many TiB as it takes, zeros. */
final class SparseSource implements ByteSource {
  private final TreeMap<Long, byte[]> pieces = new TreeMap<>();
  private long size;

  /** Puts a piece behind what there is. */
  SparseSource append(byte[] piece) {
    pieces.put(size, piece);
    size += piece.length;
    return this;
  }

  SparseSource appendZeros(long length) {
    size += length;
    return this;
  }

  @Override
  public String name() {
    return "large.ova";
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void readFully(long position, ByteBuffer destination) throws IOException {
    checkRange(position, destination.remaining());
    long at = position;
    while (destination.hasRemaining()) {
      Map.Entry<Long, byte[]> piece = pieces.floorEntry(at);
      long inside = piece == null ? Long.MAX_VALUE : at - piece.getKey();
      boolean zero = piece == null || inside >= piece.getValue().length;
      destination.put(zero ? 0 : piece.getValue()[(int) inside]);
      at++;
    }
  }

  @Override
  public void close() {}
}
