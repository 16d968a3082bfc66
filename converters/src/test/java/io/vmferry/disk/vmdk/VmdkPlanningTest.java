package io.vmferry.disk.vmdk;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.Extent;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.io.ByteArraySource;
import io.vmferry.disk.io.CachingByteSource;
import io.vmferry.disk.io.CountingByteSource;
import io.vmferry.disk.io.FileByteSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a 16 TiB disk costs to plan and to read from. */
class VmdkPlanningTest {
  private static final long TIB = 1L << 40;
  private static final long TABLE_BYTES = 32L << 20;
  private static final int TABLES = (int) (16 * TIB / TABLE_BYTES);

  /** Where the file has its parts, in sectors. */
  private static final int DIRECTORY = 64;

  private static final int FIRST_TABLE = DIRECTORY + TABLES * 4 / 512;

  @TempDir Path directory = Path.of("temporary");
  private Path file = directory;

  /** Every fourth grain table is there, each with one grain: the first of the table. */
  @BeforeEach
  void makeDisk() throws IOException {
    file = directory.resolve("disk.vmdk");
    VmdkBuilder builder = VmdkBuilder.plain(new byte[512]);
    ByteBuffer start =
        ByteBuffer.allocate(FIRST_TABLE * 512).order(ByteOrder.LITTLE_ENDIAN).put(builder.build());
    start.putLong(12, 16 * TIB / 512).putLong(48, 0).putLong(56, DIRECTORY);
    try (FileChannel channel =
        FileChannel.open(
            file, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.SPARSE)) {
      int stored = 0;
      for (int table = 0; table < TABLES; table += 4) {
        int sector = FIRST_TABLE + 4 * stored;
        start.putInt(DIRECTORY * 512 + table * 4, sector);
        if (table % 4096 == 0) {
          ByteBuffer entry = ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN);
          channel.write(entry.putInt(0, 100_000_000), sector * 512L);
        }
        stored++;
      }
      channel.write(start.position(0), 0);
      channel.write(ByteBuffer.wrap(new byte[] {7}), 100_000_000L * 512);
      channel.write(ByteBuffer.allocate(1), 100_000_128L * 512 - 1);
    }
  }

  @Test
  void isPlannedFromTheGrainDirectoryAlone() throws IOException {
    CountingByteSource source = new CountingByteSource(FileByteSource.open(file));
    try (DiskImage image = new VmdkFormat().open(source, ReferenceResolver.REFUSE)) {
      long used = usedHeap();
      List<Extent> extents = new ArrayList<>();
      long data = 0;
      for (long offset = 0; offset < image.virtualSize(); ) {
        Extent extent = image.plannedExtentAt(offset, Long.MAX_VALUE);
        data += extent.isData() ? extent.length() : 0;
        if (extents.size() < 10) {
          extents.add(extent);
        }
        offset = extent.end();
      }
      assertThat(data).isEqualTo(4 * TIB);
      assertThat(extents.get(0)).isEqualTo(new Extent(0, TABLE_BYTES, Extent.Kind.DATA));
      assertThat(extents.get(1))
          .isEqualTo(new Extent(TABLE_BYTES, 3 * TABLE_BYTES, Extent.Kind.UNALLOCATED));
      assertThat(source.bytes()).isLessThan(TABLES * 4L + (64 << 10));
      assertThat(source.calls()).isLessThan(100);
      assertThat(usedHeap() - used).isLessThan(8L << 20);
    }
  }

  @Test
  void isScannedFromItsGrainTablesWithoutReadingGrains() throws IOException {
    CountingByteSource source = new CountingByteSource(FileByteSource.open(file));
    try (DiskImage image = new VmdkFormat().open(source, ReferenceResolver.REFUSE)) {
      long used = usedHeap();
      long data = 0;
      for (long offset = 0; offset < image.virtualSize(); ) {
        Extent extent = image.extentAt(offset, Long.MAX_VALUE);
        data += extent.isData() ? extent.length() : 0;
        offset = extent.end();
      }
      assertThat(data).isEqualTo(TABLES / 4096 * (64L << 10));
      // The directory and each table that is there, once.
      assertThat(source.bytes()).isLessThan(TABLES * 4L + TABLES / 4 * 2048L + (64 << 10));
      assertThat(usedHeap() - used).isLessThan(16L << 20);
    }
  }

  @Test
  void isReadAtItsEndsWithoutTheTablesBetween() throws IOException {
    CountingByteSource source = new CountingByteSource(FileByteSource.open(file));
    try (DiskImage image = new VmdkFormat().open(source, ReferenceResolver.REFUSE)) {
      ByteBuffer start = ByteBuffer.allocate(1 << 20);
      image.readFully(0, start);
      assertThat(start.get(0)).isEqualTo((byte) 7);
      ByteBuffer end = ByteBuffer.allocate(1 << 20);
      image.readFully(16 * TIB - (1 << 20), end);
      assertThat(end.flip().mismatch(ByteBuffer.allocate(1 << 20))).isEqualTo(-1);
      assertThat(source.bytes()).isLessThan(512 << 10);
    }
  }

  @Test
  void isReadFromASlowSourceInFewLargeReads() throws IOException {
    byte[] disk = Disks.mixed(8 << 20);
    byte[] stream = new VmdkBuilder(disk).build();
    CountingByteSource source = new CountingByteSource(new ByteArraySource("slow", stream));
    int segment = 1 << 19;
    try (DiskImage image =
        new VmdkFormat()
            .open(
                new CachingByteSource(source, segment, 8L * segment, 2),
                ReferenceResolver.REFUSE)) {
      ByteBuffer read = ByteBuffer.allocate(disk.length);
      while (read.hasRemaining()) {
        int block = Math.min(1 << 19, read.remaining());
        image.readFully(read.position(), read.limit(read.position() + block));
        read.limit(disk.length);
      }
      assertThat(read.array()).isEqualTo(disk);
    }
    assertThat(source.calls()).isLessThanOrEqualTo(Math.ceilDiv(stream.length, segment) + 2);
  }

  // Two collections: the first may leave what became unreachable while it ran.
  private static long usedHeap() {
    System.gc();
    System.gc();
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
