package io.vmferry.disk.vmdk;

import io.vmferry.disk.deflate.WholeInflater;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;
import org.jspecify.annotations.Nullable;

/**
 * Inflates compressed grains ("Virtual Disk Format 5.0", section "Compressed Grains"). Threads do
 * not wait for each other: each call has inflaters of its own, from a pool.
 */
final class GrainInflater implements Closeable {
  /** The grain marker in front of the deflate stream: the grain's first sector, the length. */
  private static final int MARKER_LENGTH = 12;

  /** What is read at once where nothing tells how long the grain is. */
  private static final int FIRST_READ = 1 << 15;

  private static final int POOLED = 2 * Runtime.getRuntime().availableProcessors();
  private static final int POOLED_BYTES = 1 << 18;

  private final ByteSource source;
  private final SparseHeader header;
  private final Deque<Worker> idle = new ArrayDeque<>();
  private boolean closed;

  GrainInflater(ByteSource source, SparseHeader header) {
    this.source = source;
    this.header = header;
  }

  /**
   * Inflates a grain straight into {@code destination}.
   *
   * @param grain the grain's number
   * @param sector where it is stored; inside the file
   * @param next the sector of another grain that is likely to be the next one in the file, so that
   *     one read brings all of the grain; 0 if none is known
   * @param destination has room for the grain's bytes of the disk; its position moves behind them
   * @throws VmferryException {@link ErrorCode#VMDK_GRAIN_INVALID} if the marker, the deflate stream
   *     or the inflated length is wrong, {@link ErrorCode#IMAGE_TRUNCATED} if the file ends inside
   *     the grain
   */
  void inflate(long grain, long sector, long next, ByteBuffer destination) throws IOException {
    Worker worker = borrow();
    try {
      ByteBuffer deflated = read(worker, grain, sector, next);
      if (!inflateWhole(worker, deflated, grain, destination)) {
        inflate(worker.inflater(), deflated, grain, sector, destination);
      }
    } finally {
      giveBack(worker);
    }
  }

  private ByteBuffer read(Worker worker, long grain, long sector, long next) throws IOException {
    long offset = sector * Sectors.SIZE;
    long available = Math.min(source.size() - offset, header.maxStoredBytes());
    if (!header.hasMarkers()) {
      // The stream tells its own end.
      ByteBuffer all = worker.buffer((int) available);
      source.readFully(offset, all);
      return all.flip();
    }
    if (available < MARKER_LENGTH) {
      throw truncated(grain, sector, MARKER_LENGTH);
    }
    long distance = (next - sector) * Sectors.SIZE;
    long guess = distance > 0 && distance <= header.maxStoredBytes() ? distance : FIRST_READ;
    int first = (int) Math.min(available, guess);
    ByteBuffer buffer = worker.buffer(first);
    source.readFully(offset, buffer);
    int stored = MARKER_LENGTH + checkMarker(buffer, grain, sector);
    if (stored > source.size() - offset) {
      throw truncated(grain, sector, stored);
    }
    if (stored > first) {
      buffer = worker.grow(buffer, stored);
      source.readFully(offset + first, buffer);
    }
    return buffer.limit(stored).position(MARKER_LENGTH);
  }

  private int checkMarker(ByteBuffer marker, long grain, long sector) {
    long firstSector = marker.getLong(0);
    long length = Integer.toUnsignedLong(marker.getInt(8));
    if (firstSector != grain * header.grainSize()) {
      throw invalid(
          grain,
          sector,
          "the marker is of the grain at sector %s of the disk, expected %d"
              .formatted(Long.toUnsignedString(firstSector), grain * header.grainSize()));
    }
    if (length == 0 || length > header.maxStoredBytes() - MARKER_LENGTH) {
      throw invalid(
          grain,
          sector,
          "the marker gives %d compressed bytes, expected 1 to %d"
              .formatted(length, header.maxStoredBytes() - MARKER_LENGTH));
    }
    return (int) length;
  }

  /** The fast way, for a grain that is as it should be; returns false for any other. */
  private boolean inflateWhole(
      Worker worker, ByteBuffer deflated, long grain, ByteBuffer destination) {
    int wanted = header.bytesInGrain(grain);
    if (worker.whole.isEmpty() || !destination.hasArray()) {
      return false;
    }
    boolean done =
        worker
            .whole
            .get()
            .inflate(
                deflated.array(),
                deflated.arrayOffset() + deflated.position(),
                deflated.remaining(),
                destination.array(),
                destination.arrayOffset() + destination.position(),
                wanted);
    if (done) {
      destination.position(destination.position() + wanted);
    }
    return done;
  }

  /** The way that tells what is wrong. */
  private void inflate(
      Inflater inflater, ByteBuffer deflated, long grain, long sector, ByteBuffer destination) {
    int wanted = header.bytesInGrain(grain);
    int start = destination.position();
    int limit = destination.limit();
    inflater.reset();
    inflater.setInput(deflated);
    long total;
    try {
      destination.limit(start + wanted);
      while (destination.hasRemaining() && inflater.inflate(destination) > 0) {
        // Until the destination is full or the stream gives no more.
      }
      total = destination.position() - start + countRest(inflater);
    } catch (DataFormatException e) {
      throw new VmferryException(
          ErrorCode.VMDK_GRAIN_INVALID,
          where(grain, sector)
              + ": the deflate stream is damaged after %d bytes (%s)"
                  .formatted(inflater.getBytesWritten(), e.getMessage()),
          e);
    } finally {
      destination.limit(limit);
    }
    if (!inflater.finished() && total <= header.grainBytes()) {
      throw invalid(
          grain,
          sector,
          "the deflate stream does not end within its %d bytes".formatted(inflater.getBytesRead()));
    }
    // The last grain may be stored as far as the disk goes, or whole.
    if (total != wanted && total != header.grainBytes()) {
      throw invalid(
          grain,
          sector,
          "it inflates to %s bytes, expected %d"
              .formatted(
                  total > header.grainBytes() ? "more than " + header.grainBytes() : total,
                  header.grainBytes()));
    }
  }

  /**
   * Inflates what follows the wanted bytes, at most until the whole is longer than any grain may
   * be. Also needed where nothing follows: it reads the stream's checksum.
   */
  private long countRest(Inflater inflater) throws DataFormatException {
    byte[] rest = new byte[Sectors.SIZE];
    long count = 0;
    while (!inflater.finished() && inflater.getBytesWritten() <= header.grainBytes()) {
      int more = inflater.inflate(rest);
      if (more == 0) {
        break;
      }
      count += more;
    }
    return count;
  }

  private String where(long grain, long sector) {
    return "%s: grain %d, stored at offset %d"
        .formatted(source.name(), grain, sector * Sectors.SIZE);
  }

  private VmferryException invalid(long grain, long sector, String detail) {
    return new VmferryException(ErrorCode.VMDK_GRAIN_INVALID, where(grain, sector) + ": " + detail);
  }

  private VmferryException truncated(long grain, long sector, int length) {
    return new VmferryException(
        ErrorCode.IMAGE_TRUNCATED,
        where(grain, sector)
            + ", takes %d bytes, but the file has %d bytes".formatted(length, source.size()));
  }

  private Worker borrow() {
    synchronized (idle) {
      return Optional.ofNullable(idle.pollLast()).orElseGet(Worker::new);
    }
  }

  private void giveBack(Worker worker) {
    synchronized (idle) {
      if (!closed && idle.size() < POOLED) {
        worker.trim();
        idle.addLast(worker);
        return;
      }
    }
    worker.end();
  }

  @Override
  public void close() {
    synchronized (idle) {
      closed = true;
      idle.forEach(Worker::end);
      idle.clear();
    }
  }

  /** What one call needs: an inflater and room for the compressed bytes. */
  private static final class Worker {
    private final Optional<WholeInflater> whole = WholeInflater.zlib();
    private @Nullable Inflater inflater;
    private byte[] bytes = new byte[FIRST_READ];

    Inflater inflater() {
      Inflater made = inflater;
      if (made == null) {
        made = new Inflater();
        inflater = made;
      }
      return made;
    }

    void end() {
      whole.ifPresent(WholeInflater::close);
      if (inflater != null) {
        inflater.end();
      }
    }

    /** An empty buffer with room for exactly so many bytes. */
    ByteBuffer buffer(int length) {
      if (bytes.length < length) {
        bytes = new byte[length];
      }
      return ByteBuffer.wrap(bytes, 0, length).order(ByteOrder.LITTLE_ENDIAN);
    }

    /** A buffer with what {@code start} holds, and room for the rest of {@code length} bytes. */
    ByteBuffer grow(ByteBuffer start, int length) {
      byte[] read = bytes;
      return buffer(length).put(read, 0, start.position());
    }

    void trim() {
      if (bytes.length > POOLED_BYTES) {
        bytes = new byte[FIRST_READ];
      }
    }
  }
}
