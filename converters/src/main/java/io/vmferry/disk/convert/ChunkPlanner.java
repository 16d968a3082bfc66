package io.vmferry.disk.convert;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.Extent;
import java.io.IOException;
import java.util.function.Consumer;

/**
 * Cuts a disk into chunks that cover all its data and as little else as possible. Looks at
 * directories only ({@link DiskImage#plannedExtentAt}), so a 16 TiB disk is planned in seconds and
 * a few MiB of heap; chunks are handed out as they are found.
 */
public final class ChunkPlanner {
  /**
   * Chunks end on multiples of this, except at the end of data: no grain table (32 MiB of disk in
   * usual VMDKs) or payload block is read by two workers.
   */
  private static final long ALIGNMENT = 256L << 20;

  private final DiskImage image;
  private final Limits limits;
  private final Consumer<BlockRange> chunks;

  /** Start of the open chunk in bytes, block-aligned; -1 if none is open. */
  private long start = -1;

  /** Bytes of data in the open chunk, as far as the directory tells. */
  private long data;

  /** End of the last data seen in the open chunk. */
  private long dataEnd;

  /** End of the last chunk handed out, block-aligned. */
  private long planned;

  private ChunkPlanner(DiskImage image, Limits limits, Consumer<BlockRange> chunks) {
    this.image = image;
    this.limits = limits;
    this.chunks = chunks;
  }

  /**
   * How large a chunk may become.
   *
   * @param dataBytes data after which a chunk ends at the next alignment boundary
   * @param spanBytes bytes of disk from a chunk's first data to its last
   */
  public record Limits(long dataBytes, long spanBytes) {
    /** 1 GiB of data, over at most 64 GiB of disk: about a minute of work at 20 MiB/s. */
    public static final Limits DEFAULT = new Limits(1L << 30, 64L << 30);

    /** Checks that both are at least one alignment unit. */
    public Limits {
      if (dataBytes < 1 || spanBytes < ALIGNMENT) {
        throw new IllegalArgumentException(
            "chunks of %d bytes over %d".formatted(dataBytes, spanBytes));
      }
    }
  }

  /**
   * Plans a disk.
   *
   * @param chunks takes the chunks in their order in the disk; none for a disk without data
   * @throws io.vmferry.error.VmferryException if the image's directory is damaged
   * @throws IOException if the source cannot be read
   */
  public static void plan(DiskImage image, Limits limits, Consumer<BlockRange> chunks)
      throws IOException {
    new ChunkPlanner(image, limits, chunks).run();
  }

  private void run() throws IOException {
    long position = 0;
    while (position < image.virtualSize()) {
      // One alignment unit at a time: no extent is longer than what one chunk can take.
      long boundary = (position / ALIGNMENT + 1) * ALIGNMENT;
      Extent extent = image.plannedExtentAt(position, image.virtualSize() - position);
      if (!extent.isData()) {
        position = extent.end();
        continue;
      }
      long end = Math.min(extent.end(), boundary);
      add(position, end);
      if (end == boundary && data >= limits.dataBytes()) {
        emit();
      }
      position = end;
    }
    emit();
  }

  private void add(long from, long to) {
    if (start >= 0 && to - start > limits.spanBytes()) {
      emit();
    }
    if (start < 0) {
      start = Math.max(planned, from / BlockRange.BLOCK_SIZE * BlockRange.BLOCK_SIZE);
    }
    data += to - from;
    dataEnd = to;
  }

  private void emit() {
    // The whole of the open chunk's data may lie in the last block of the one before.
    if (start >= 0 && dataEnd > start) {
      int first = Math.toIntExact(start / BlockRange.BLOCK_SIZE);
      int count = Math.toIntExact(Math.ceilDiv(dataEnd - start, BlockRange.BLOCK_SIZE));
      BlockRange chunk = new BlockRange(first, count);
      chunks.accept(chunk);
      planned = chunk.endByte();
    }
    start = -1;
    data = 0;
  }
}
