package io.vmferry.disk.vmdk;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.io.StructureReader;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.Optional;

/**
 * Finds the grains of a stream-optimized extent whose header does not say where the grain directory
 * is, because it was written before the directory's place was known ("Virtual Disk Format 5.0",
 * section "Stream-Optimized Compressed Sparse Extents").
 *
 * <p>The footer, a copy of the header with the directory's place, is normally three sectors before
 * the file's end; it is looked for in the last 64 KiB, for some writers append zeros.
 *
 * <p>Without a footer the markers are walked from the first grain on. A stream whose upload was cut
 * has no footer either, and must never pass for a smaller or emptier disk. So the walk's result is
 * believed only if something proves that nothing is missing:
 *
 * <ul>
 *   <li>a footer that lies farther from the end;
 *   <li>a whole grain directory behind its marker: it is written after the last grain, so all
 *       grains are there. It must have a table for every grain that was met;
 *   <li>an end-of-stream marker that is the file's last sector. That marker is a sector of zeros.
 *       One with anything behind it proves nothing: a download that was cut and had its full length
 *       reserved goes on with zeros, too;
 *   <li>every grain of the disk was met, so none can be missing.
 * </ul>
 *
 * Otherwise the file is refused as truncated or, where the walk meets bytes that are no marker, as
 * damaged. Grains that are found by their markers alone must ascend, which they do in a stream, and
 * be at most {@value ScannedGrains#MAX_GRAINS}.
 */
final class StreamEnd {
  private static final int SEARCHED_BYTES = 1 << 16;

  private static final int MARKER_END_OF_STREAM = 0;
  private static final int MARKER_GRAIN_DIRECTORY = 2;
  private static final int MARKER_FOOTER = 3;

  private static final int GRAIN_MARKER_LENGTH = 12;
  private static final long MAX_SECTOR = 0xffff_ffffL;

  private final ByteSource source;
  private final SparseHeader header;
  private final StructureReader reader;
  private final ScannedGrains grains;
  private final BitSet tablesMet = new BitSet();
  private long grainsMet;
  private long lastGrain = -1;
  private boolean ascending = true;

  private StreamEnd(ByteSource source, SparseHeader header) {
    this.source = source;
    this.header = header;
    this.reader = new StructureReader(source, ByteOrder.LITTLE_ENDIAN);
    this.grains = new ScannedGrains(header);
  }

  /**
   * Where the grains are.
   *
   * @throws VmferryException {@link ErrorCode#VMDK_GRAIN_DIRECTORY_INVALID} if the directory is not
   *     inside the file or cannot be replaced, {@link ErrorCode#IMAGE_TRUNCATED} if the stream is
   *     not complete
   */
  static GrainIndex find(ByteSource source, SparseHeader header) throws IOException {
    StreamEnd end = new StreamEnd(source, header);
    Optional<SparseHeader> footer = end.footerNearTheEnd();
    return footer.isPresent() ? end.directory(footer.get()) : end.walk();
  }

  private GrainIndex directory(SparseHeader footer) {
    return new GrainDirectory(source, header, footer);
  }

  private Optional<SparseHeader> footerNearTheEnd() throws IOException {
    long sectors = source.size() / Sectors.SIZE;
    // The first sector has the header itself.
    long first = Math.max(1, sectors - SEARCHED_BYTES / Sectors.SIZE);
    if (sectors <= first) {
      return Optional.empty();
    }
    int length = (int) (sectors - first) * Sectors.SIZE;
    ByteBuffer tail = reader.read("end of the stream", first * Sectors.SIZE, length);
    for (int at = length - Sectors.SIZE; at >= Sectors.SIZE; at -= Sectors.SIZE) {
      int marker = at - Sectors.SIZE;
      if (tail.getInt(marker + 8) == 0 && tail.getInt(marker + 12) == MARKER_FOOTER) {
        Optional<SparseHeader> footer = footer(tail.position(at));
        if (footer.isPresent()) {
          return footer;
        }
      }
    }
    return Optional.empty();
  }

  private Optional<SparseHeader> footer(ByteBuffer buffer) {
    return Optional.of(buffer)
        .filter(SparseHeader::isAt)
        .map(SparseHeader::parse)
        .filter(footer -> footer.directoryOffset() != SparseHeader.AT_END)
        .filter(header::describesSameDisk);
  }

  private GrainIndex walk() throws IOException {
    if (!header.hasMarkers()) {
      throw new VmferryException(
          ErrorCode.VMDK_GRAIN_DIRECTORY_INVALID,
          "%s: the header says that a footer has the grain directory's place, but the last %d bytes hold no footer"
              .formatted(source.name(), SEARCHED_BYTES));
    }
    long sector = header.overhead();
    if (sector < 1 || header.isReserved(sector)) {
      sector = Math.max(1, header.descriptorOffset() + header.descriptorSize());
    }
    // Every grain is met once at the most; tables, directories and what else there is are fewer.
    long metadataLeft = 4 * header.tableCount() + 1024;
    while (Sectors.inside(sector, Sectors.SIZE, source.size()) && sector <= MAX_SECTOR) {
      ByteBuffer marker = reader.read("marker", sector * Sectors.SIZE, Sectors.SIZE);
      long value = marker.getLong(0);
      long length = Integer.toUnsignedLong(marker.getInt(8));
      if (length > 0) {
        sector = passGrain(sector, value, length);
        continue;
      }
      int type = marker.getInt(12);
      if (type == MARKER_END_OF_STREAM) {
        return atEndOfStream(sector);
      }
      Optional<GrainIndex> directory = directoryBehind(sector, type, value);
      if (directory.isPresent()) {
        return directory.get();
      }
      if (value < 0 || value > source.size() / Sectors.SIZE || --metadataLeft == 0) {
        throw noMarker(sector);
      }
      sector += 1 + value;
    }
    if (isEveryGrainMet()) {
      return grains;
    }
    throw truncated("ends without one");
  }

  private long passGrain(long sector, long firstSector, long length) {
    long grain = firstSector / header.grainSize();
    boolean valid =
        firstSector >= 0
            && firstSector < header.capacity()
            && firstSector % header.grainSize() == 0
            && length <= header.maxStoredBytes() - GRAIN_MARKER_LENGTH
            && !(sector == GrainIndex.ZEROED && header.hasZeroedGrains());
    if (!valid || grainsMet == header.grainCount()) {
      throw noMarker(sector);
    }
    if (!Sectors.inside(sector, GRAIN_MARKER_LENGTH + length, source.size())) {
      throw truncated("is cut inside the grain at offset %d".formatted(sector * Sectors.SIZE));
    }
    grainsMet++;
    ascending &= grain > lastGrain;
    lastGrain = grain;
    tablesMet.set((int) (grain / header.entriesPerTable()));
    if (ascending && grains.count() < ScannedGrains.MAX_GRAINS) {
      grains.add(grain, sector);
    }
    return sector + Sectors.holding(GRAIN_MARKER_LENGTH + length);
  }

  private Optional<GrainIndex> directoryBehind(long sector, int type, long value)
      throws IOException {
    if (type == MARKER_FOOTER && Sectors.inside(sector + 1, SparseHeader.LENGTH, source.size())) {
      return footer(reader.read("footer", (sector + 1) * Sectors.SIZE, SparseHeader.LENGTH))
          .map(this::directory);
    }
    boolean whole =
        type == MARKER_GRAIN_DIRECTORY
            && value == Sectors.holding(header.directoryBytes())
            && Sectors.inside(sector + 1, header.directoryBytes(), source.size());
    if (!whole) {
      return Optional.empty();
    }
    GrainIndex directory = new GrainDirectory(source, header, sector + 1, 0);
    for (int table = tablesMet.nextSetBit(0); table >= 0; table = tablesMet.nextSetBit(table + 1)) {
      if (!directory.hasTable(table)) {
        throw new VmferryException(
            ErrorCode.VMDK_GRAIN_DIRECTORY_INVALID,
            "%s: the grain directory at sector %d has no grain table %d, but the file has grains of it"
                .formatted(source.name(), sector + 1, table));
      }
    }
    return Optional.of(directory);
  }

  private GrainIndex atEndOfStream(long sector) {
    boolean last = (sector + 1) * Sectors.SIZE == source.size();
    if (isEveryGrainMet() || (last && isEveryGrainKept())) {
      return grains;
    }
    if (last) {
      throw new VmferryException(
          ErrorCode.VMDK_GRAIN_DIRECTORY_INVALID,
          "%s: the stream has no grain directory, and its %d grains are %s"
              .formatted(
                  source.name(),
                  grainsMet,
                  ascending ? "too many to be found without" : "not in ascending order"));
    }
    throw truncated("goes on with zeros from offset %d on".formatted(sector * Sectors.SIZE));
  }

  private boolean isEveryGrainKept() {
    return ascending && grains.count() == grainsMet;
  }

  private boolean isEveryGrainMet() {
    return isEveryGrainKept() && grainsMet == header.grainCount();
  }

  private VmferryException truncated(String how) {
    return new VmferryException(
        ErrorCode.IMAGE_TRUNCATED,
        "%s: the grain directory should be at the end, but the file of %d bytes %s, after %d of %d grains"
            .formatted(source.name(), source.size(), how, grainsMet, header.grainCount()));
  }

  private VmferryException noMarker(long sector) {
    return new VmferryException(
        ErrorCode.VMDK_GRAIN_DIRECTORY_INVALID,
        "%s: there is no footer, and at offset %d, after %d grains, there is no valid marker"
            .formatted(source.name(), sector * Sectors.SIZE, grainsMet));
  }
}
