package io.vmferry.disk.vhdx;

import io.vmferry.disk.block.TablePages;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The log of a VHDX that was not closed properly ([MS-VHDX] 2.3): finds the active sequence and
 * makes of the file, as it lies there, the file it would be after replay. The file itself is never
 * written.
 *
 * <ul>
 *   <li>An entry counts if its GUID is the header's, its lengths fit and its checksum is right; one
 *       that was torn while it was written does not.
 *   <li>The active sequence is, of all complete runs of entries with consecutive numbers from a
 *       head's tail to that head, the one with the highest head.
 *   <li>A log without any entry that counts has nothing to replay: the writer died before its first
 *       entry was whole. Entries that count but form no complete run are {@link
 *       ErrorCode#VHDX_LOG_INVALID}.
 *   <li>A file shorter than the head's FlushedFileOffset has lost its end: {@link
 *       ErrorCode#IMAGE_TRUNCATED}.
 * </ul>
 */
final class VhdxLog {
  /** The longest log that is replayed: 64 times what writers make. */
  static final long MAX_BYTES = 64L << 20;

  /** The most descriptors that are replayed: the data sectors of four of the longest logs. */
  static final int MAX_DESCRIPTORS = 1 << 16;

  /**
   * A hostile log can make every sector claim the whole log; its checksums are not all computed.
   */
  private static final long MAX_CHECKED_BYTES = 512L << 20;

  private static final int CHECKED_AT_ONCE = 256 << 10;

  private final ByteSource source;
  private final VhdxHeader header;
  private final TablePages pages;
  private long checkedBytes;

  private VhdxLog(ByteSource source, VhdxHeader header) {
    this.source = source;
    this.header = header;
    this.pages =
        new TablePages(source, header.logOffset(), header.logLength(), ByteOrder.LITTLE_ENDIAN);
  }

  /** The file as it is after its log was replayed; the source itself if there is nothing to. */
  static ByteSource replay(ByteSource source, VhdxHeader header) throws IOException {
    if (header.logGuid().equals(Guids.NONE) || header.logLength() == 0) {
      return source;
    }
    checkRegion(source, header);
    return new VhdxLog(source, header).replay();
  }

  private static void checkRegion(ByteSource source, VhdxHeader header) {
    long offset = header.logOffset();
    long length = header.logLength();
    String found =
        "%s: the header at offset %d says a log of version %d with %d bytes at offset %s"
            .formatted(
                source.name(),
                header.offset(),
                header.logVersion(),
                length,
                Long.toUnsignedString(offset));
    if (header.logVersion() != 0 || !Region.isAligned(offset, length)) {
      throw new VmferryException(
          ErrorCode.VHDX_LOG_INVALID,
          found + "; version 0, in whole MiB behind the first, was expected");
    }
    if (length > MAX_BYTES) {
      throw new VmferryException(
          ErrorCode.VHDX_LOG_INVALID,
          found + "; at most %d bytes are replayed".formatted(MAX_BYTES));
    }
    if (offset > source.size() - length) {
      throw new VmferryException(
          ErrorCode.IMAGE_TRUNCATED,
          found + ", but the file has %d bytes".formatted(source.size()));
    }
  }

  private ByteSource replay() throws IOException {
    Map<Long, LogEntry> entries = findEntries();
    if (entries.isEmpty()) {
      return source;
    }
    List<LogEntry> sequence = findActiveSequence(entries);
    LogEntry head = sequence.getLast();
    if (Long.compareUnsigned(head.flushedFileOffset(), source.size()) > 0) {
      throw new VmferryException(
          ErrorCode.IMAGE_TRUNCATED,
          "%s: the log entry at offset %d says the file had %s bytes, but it has %d"
              .formatted(
                  source.name(),
                  header.logOffset() + head.position(),
                  Long.toUnsignedString(head.flushedFileOffset()),
                  source.size()));
    }
    if (head.lastFileOffset() < 0 || head.lastFileOffset() > Long.MAX_VALUE - Region.MIB) {
      throw invalid(
          head,
          "says the file gets %s bytes long"
              .formatted(Long.toUnsignedString(head.lastFileOffset())));
    }
    // Files are made of whole MiB; qemu rounds up too.
    long size = Math.ceilDiv(head.lastFileOffset(), Region.MIB) * Region.MIB;
    ReplayedSource replayed = new ReplayedSource(source, pages, Math.max(source.size(), size));
    long descriptors = 0;
    for (LogEntry entry : sequence) {
      descriptors += entry.descriptorCount();
      if (descriptors > MAX_DESCRIPTORS) {
        throw invalid(
            entry, "brings the log to more than %d descriptors".formatted(MAX_DESCRIPTORS));
      }
      apply(entry, replayed);
    }
    return replayed;
  }

  private Map<Long, LogEntry> findEntries() throws IOException {
    Map<Long, LogEntry> entries = new TreeMap<>();
    for (long at = 0; at < header.logLength(); at += LogEntry.SECTOR) {
      if (pages.intAt(at) == LogEntry.SIGNATURE) {
        LogEntry entry =
            LogEntry.parse(
                readLog(at, LogEntry.HEADER_BYTES), at, header.logLength(), header.logGuid());
        if (entry != null && hasRightChecksum(entry)) {
          entries.put(at, entry);
        }
      }
    }
    return entries;
  }

  private boolean hasRightChecksum(LogEntry entry) throws IOException {
    checkedBytes += entry.length();
    if (checkedBytes > MAX_CHECKED_BYTES) {
      throw invalid(entry, "is one of too many that overlap each other");
    }
    ByteBuffer first = readLog(entry.position(), LogEntry.SECTOR);
    CRC32C crc = Checksums.begin(first);
    for (long done = LogEntry.SECTOR; done < entry.length(); ) {
      int count = (int) Math.min(CHECKED_AT_ONCE, entry.length() - done);
      crc.update(readLog(entry.position() + done, count));
      done += count;
    }
    return Checksums.stored(first) == (int) crc.getValue();
  }

  private List<LogEntry> findActiveSequence(Map<Long, LogEntry> entries) {
    List<LogEntry> heads = new ArrayList<>(entries.values());
    heads.sort(Comparator.comparing(LogEntry::sequenceNumber, Long::compareUnsigned).reversed());
    for (LogEntry head : heads) {
      List<LogEntry> sequence = sequenceOf(head, entries);
      if (sequence != null) {
        return sequence;
      }
    }
    throw invalid(
        heads.getFirst(),
        "is whole, but the entries from its tail at %d on are not"
            .formatted(header.logOffset() + heads.getFirst().tail()));
  }

  /** The entries from a head's tail to the head; null if one of them is missing. */
  private @Nullable List<LogEntry> sequenceOf(LogEntry head, Map<Long, LogEntry> entries) {
    List<LogEntry> sequence = new ArrayList<>();
    long at = head.tail();
    long length = 0;
    while (true) {
      LogEntry entry = entries.get(at);
      if (entry == null
          || (!sequence.isEmpty()
              && entry.sequenceNumber() != sequence.getLast().sequenceNumber() + 1)) {
        return null;
      }
      length += entry.length();
      if (length > header.logLength()) {
        return null;
      }
      sequence.add(entry);
      if (entry.equals(head)) {
        return sequence;
      }
      at = (at + entry.length()) % header.logLength();
    }
  }

  private void apply(LogEntry entry, ReplayedSource replayed) throws IOException {
    ByteBuffer descriptors =
        readLog(entry.position(), Math.toIntExact(entry.descriptorSectorBytes()));
    long data = entry.descriptorSectorBytes();
    for (int i = 0; i < entry.descriptorCount(); i++) {
      int at = LogEntry.HEADER_BYTES + i * LogEntry.DESCRIPTOR_BYTES;
      LogDescriptor descriptor =
          LogDescriptor.parse(
              descriptors.slice(at, LogEntry.DESCRIPTOR_BYTES).order(ByteOrder.LITTLE_ENDIAN));
      if (descriptor == null || descriptor.sequenceNumber() != entry.sequenceNumber()) {
        throw invalid(entry, "has no valid descriptor at its byte %d".formatted(at));
      }
      if (descriptor.isZero()) {
        replayed.putZeros(descriptor.fileOffset(), descriptor.zeroLength());
        continue;
      }
      if (data >= entry.length()) {
        throw invalid(entry, "has more data descriptors than data sectors");
      }
      long sector = (entry.position() + data) % header.logLength();
      LogDescriptor.checkDataSector(pages, sector, entry.sequenceNumber())
          .ifPresent(
              found -> {
                throw invalid(
                    entry,
                    "has a data sector at offset %d of the log that %s".formatted(sector, found));
              });
      replayed.putSector(descriptor, sector);
      data += LogEntry.SECTOR;
    }
  }

  /** Bytes of the log, which goes on at its start when its end is reached. */
  private ByteBuffer readLog(long position, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    long at = position % header.logLength();
    int before = (int) Math.min(length, header.logLength() - at);
    pages.read(at, bytes.limit(before));
    pages.read(0, bytes.limit(length));
    return bytes.flip();
  }

  private VmferryException invalid(LogEntry entry, String found) {
    return new VmferryException(
        ErrorCode.VHDX_LOG_INVALID,
        "%s: the log entry at offset %d, number %s, %s"
            .formatted(
                source.name(),
                header.logOffset() + entry.position(),
                Long.toUnsignedString(entry.sequenceNumber()),
                found));
  }
}
