package io.vmferry.disk.vhdx;

import io.vmferry.disk.block.TablePages;
import io.vmferry.disk.io.ByteSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;

/**
 * A file with the writes of its log over it. Which part of the file comes from where is kept in
 * memory; the log's data stays in the file and is read as it is needed.
 *
 * <p>Filled by one thread, then read by many.
 */
final class ReplayedSource implements ByteSource {
  private static final long ZEROS = -1;

  private final ByteSource file;
  private final TablePages log;

  /** Writes by where they start, without overlaps. */
  private final NavigableMap<Long, Write> writes = new TreeMap<>();

  private long size;

  /** A file of {@code size} bytes: more than {@code file} has where the log made it grow. */
  ReplayedSource(ByteSource file, TablePages log, long size) {
    this.file = file;
    this.log = log;
    this.size = size;
  }

  /**
   * A run of the file that the log wrote.
   *
   * @param end the first byte after it
   * @param sector the position of its data sector in the log, or {@link #ZEROS}
   */
  private record Write(long end, long sector, long leadingBytes, int trailingBytes) {}

  void putZeros(long offset, long length) {
    if (length > 0) {
      put(offset, new Write(offset + length, ZEROS, 0, 0));
    }
  }

  void putSector(LogDescriptor descriptor, long sector) {
    long offset = descriptor.fileOffset();
    put(
        offset,
        new Write(
            offset + LogEntry.SECTOR,
            sector,
            descriptor.leadingBytes(),
            descriptor.trailingBytes()));
  }

  private void put(long start, Write write) {
    // All writes are made of whole sectors, so only runs of zeros can be overlapped in part.
    Map.Entry<Long, Write> before = writes.lowerEntry(start);
    if (before != null && before.getValue().end > start) {
      long end = before.getValue().end;
      writes.put(before.getKey(), new Write(start, ZEROS, 0, 0));
      if (end > write.end) {
        writes.put(write.end, new Write(end, ZEROS, 0, 0));
      }
    }
    NavigableMap<Long, Write> covered = writes.subMap(start, true, write.end, false);
    if (!covered.isEmpty() && covered.lastEntry().getValue().end > write.end) {
      writes.put(write.end, covered.lastEntry().getValue());
    }
    covered.clear();
    writes.put(start, write);
    size = Math.max(size, write.end);
  }

  @Override
  public String name() {
    return file.name();
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void readFully(long position, ByteBuffer destination) throws IOException {
    checkRange(position, destination.remaining());
    long at = position;
    long end = position + destination.remaining();
    while (at < end) {
      Map.Entry<Long, Write> write = writes.floorEntry(at);
      int count;
      if (write != null && write.getValue().end > at) {
        count = (int) (Math.min(end, write.getValue().end) - at);
        readWrite(
            write.getValue(), (int) ((at - write.getKey()) % LogEntry.SECTOR), count, destination);
      } else {
        Long next = writes.higherKey(at);
        count = (int) ((next == null ? end : Math.min(end, next)) - at);
        readFile(at, count, destination);
      }
      at += count;
    }
  }

  private void readWrite(Write write, int inside, int count, ByteBuffer destination)
      throws IOException {
    if (write.sector == ZEROS) {
      putZeros(destination, count);
      return;
    }
    ByteBuffer sector = ByteBuffer.allocate(LogEntry.SECTOR).order(ByteOrder.LITTLE_ENDIAN);
    log.read(write.sector, sector);
    sector.putLong(0, write.leadingBytes);
    sector.putInt(LogEntry.SECTOR - Integer.BYTES, write.trailingBytes);
    destination.put(sector.array(), inside, count);
  }

  private void readFile(long position, int count, ByteBuffer destination) throws IOException {
    int stored = (int) Math.min(count, Math.max(0, file.size() - position));
    if (stored > 0) {
      int limit = destination.limit();
      file.readFully(position, destination.limit(destination.position() + stored));
      destination.limit(limit);
    }
    putZeros(destination, count - stored);
  }

  private static void putZeros(ByteBuffer destination, int count) {
    for (int left = count; left > 0; left -= LogEntry.SECTOR) {
      destination.put(new byte[Math.min(left, LogEntry.SECTOR)]);
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}
