package io.vmferry.disk.vhdx;

import static io.vmferry.disk.vhdx.VhdxBuilder.MIB;
import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.DiskImageContract;
import io.vmferry.disk.Extent;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.Tools;
import io.vmferry.disk.block.SparseSource;
import io.vmferry.disk.format.DiskImageFormats;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.io.FileByteSource;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** VHDX images of other writers than qemu-img, whose content is known. */
class HandWrittenVhdxTest {

  static byte[] content(int seed, int length) {
    byte[] content = new byte[length];
    new Random(seed).nextBytes(content);
    return content;
  }

  static DiskImage open(ByteSource file) throws IOException {
    return DiskImageFormats.open(file, Optional.empty(), ReferenceResolver.REFUSE);
  }

  static byte[] read(DiskImage image) throws IOException {
    ByteBuffer all = ByteBuffer.allocate(Math.toIntExact(image.virtualSize()));
    image.readFully(0, all);
    return all.array();
  }

  private static void assertReads(SparseSource file, SparseSource disk) throws IOException {
    try (DiskImage image = open(file)) {
      assertThat(read(image)).isEqualTo(disk.toByteArray());
    }
  }

  /** Six blocks of 1 MiB, the last cut; all states there are without data; blocks out of order. */
  static VhdxBuilder builder(int sectorSize) {
    return new VhdxBuilder(6 * MIB - 8192, MIB, sectorSize)
        .block(3, content(1, MIB))
        .block(0, content(2, MIB))
        .block(1, content(3, MIB))
        .state(2, VhdxBuilder.ZERO)
        .state(4, VhdxBuilder.UNMAPPED)
        .block(5, content(4, MIB - 8192));
  }

  @Nested
  class WithSectorsOf4096Bytes extends DiskImageContract {
    private final VhdxBuilder builder = builder(4096);

    @Override
    protected DiskImage openImage() throws IOException {
      return open(builder.build());
    }

    @Override
    protected ByteSource openExpected() {
      return builder.disk();
    }
  }

  @Nested
  class EndingJustAfterTheLastBlock extends DiskImageContract {
    private final VhdxBuilder builder = builder(512);

    @Override
    protected DiskImage openImage() throws IOException {
      SparseSource file = builder.build();
      assertThat(file.size() % MIB).isEqualTo(MIB - 8192);
      return open(file);
    }

    @Override
    protected ByteSource openExpected() {
      return builder.disk();
    }
  }

  /** Blocks of 256 MiB: sixteen to a chunk, so a disk of 18 has a bitmap entry in between. */
  @Test
  void skipsTheSectorBitmapEntriesBetweenChunks() throws IOException {
    VhdxBuilder builder = new VhdxBuilder(18L << 28, 1 << 28, 512);
    SparseSource file =
        builder
            .block(15, content(1, MIB))
            .block(16, content(2, MIB))
            .build()
            .resize(builder.next());
    assertThat(builder.entryOffset(16) - builder.entryOffset(15)).isEqualTo(16);
    try (DiskImage image = open(file)) {
      assertThat(image.extentAt(0, Long.MAX_VALUE).end()).isEqualTo(15L << 28);
      assertThat(image.extentAt(15L << 28, Long.MAX_VALUE))
          .isEqualTo(new Extent(15L << 28, 2L << 28, Extent.Kind.DATA));
      ByteBuffer read = ByteBuffer.allocate(MIB);
      image.readFully(16L << 28, read);
      assertThat(read.array()).isEqualTo(content(2, MIB));
    }
  }

  @ParameterizedTest
  @CsvSource({"0, UNALLOCATED", "1, UNALLOCATED", "2, ZERO", "3, UNALLOCATED", "5, UNALLOCATED"})
  void readsBlocksWithoutDataAsZeros(int state, Extent.Kind kind) throws IOException {
    // A state without data may still carry the offset the block once had.
    SparseSource file = builder(512).entry(1, (5L << 20) | state).build();
    try (DiskImage image = open(file)) {
      assertThat(image.extentAt(MIB, MIB)).isEqualTo(new Extent(MIB, MIB, kind));
      ByteBuffer read = ByteBuffer.allocate(MIB);
      image.readFully(MIB, read);
      assertThat(read.array()).isEqualTo(new byte[MIB]);
    }
  }

  @Test
  void readsBlocksThatFollowEachOtherInOnePiece() throws IOException {
    SparseSource file = builder(512).build();
    try (DiskImage image = open(file)) {
      image.extentAt(0, Long.MAX_VALUE);
      long before = file.reads();
      image.readFully(1000, ByteBuffer.allocate(2 * MIB - 2000));
      assertThat(file.reads() - before).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {VhdxBuilder.HEADER_1, VhdxBuilder.HEADER_2})
  void readsAnImageWithOneHeaderDamaged(int header) throws IOException {
    VhdxBuilder builder = builder(512);
    assertReads(builder.build().put(header + 1000, new byte[] {1}), builder.disk());
  }

  @Test
  void readsAnImageWhoseHeadersHaveTheSameSequenceNumber() throws IOException {
    VhdxBuilder builder = builder(512);
    SparseSource file = builder.build();
    file.put(VhdxBuilder.HEADER_1, VhdxBuilder.header(0, VhdxBuilder.NONE));
    file.put(VhdxBuilder.HEADER_2, VhdxBuilder.header(0, VhdxBuilder.NONE));
    assertReads(file, builder.disk());
  }

  @ParameterizedTest
  @CsvSource({"9, 8", "-1, 1"})
  void takesTheHeaderWithTheHigherSequenceNumber(long first, long second) throws IOException {
    VhdxBuilder builder = builder(512);
    SparseSource file = builder.build();
    // The other one says a log far outside of the file.
    file.put(VhdxBuilder.HEADER_1, VhdxBuilder.header(first, VhdxBuilder.NONE));
    file.put(VhdxBuilder.HEADER_2, VhdxBuilder.header(second, LogWriter.GUID));
    VhdxBuilder.editSealed(
        file, VhdxBuilder.HEADER_2, 4096, header -> header.putLong(72, 1L << 50));
    assertReads(file, builder.disk());
  }

  @ParameterizedTest
  @ValueSource(ints = {VhdxBuilder.REGIONS_1, VhdxBuilder.REGIONS_2})
  void readsAnImageWithOneRegionTableDamaged(int table) throws IOException {
    VhdxBuilder builder = builder(512);
    assertReads(builder.build().put(table + 60000, new byte[] {1}), builder.disk());
  }

  @Test
  void ignoresRegionsAndMetadataThatAreNotRequired() throws IOException {
    VhdxBuilder builder = builder(512);
    SparseSource file = builder.build();
    VhdxBuilder.editSealed(
        file,
        VhdxBuilder.REGIONS_1,
        64 << 10,
        table -> table.putInt(8, 3).put(80, new byte[] {1, 2, 3, 4}));
    VhdxBuilder.edit(
        file,
        VhdxBuilder.METADATA,
        64 << 10,
        table -> table.putShort(10, (short) 6).put(192, (byte) 9));
    assertReads(file, builder.disk());
  }

  @Test
  void plansASparse16TiBDiskWithFewReads() throws IOException {
    VhdxBuilder builder = new VhdxBuilder(16L << 40, 32 << 20, 512);
    SparseSource file = builder.block(77, content(1, MIB)).block(500_000, content(2, MIB)).build();
    file.resize(builder.next());
    try (DiskImage image = open(file)) {
      assertThat(plannedData(image)).isEqualTo(64 << 20);
      assertThat(file.bytesRead()).isBetween(4L << 20, 8L << 20);
    }
  }

  @Test
  void plansA16TiBDiskInBlocksOf1MiBWithFewReads() throws IOException {
    VhdxBuilder builder = new VhdxBuilder(16L << 40, MIB, 512);
    SparseSource file = builder.block(9_999_999, content(1, MIB)).build();
    long before = usedHeap();
    try (DiskImage image = open(file)) {
      // The table is 128 MiB; the first 48 are read, for six TiB, and the other ten are data.
      assertThat(plannedData(image)).isEqualTo(10L << 40);
      assertThat(file.bytesRead()).isLessThan(64L << 20);
      assertThat(usedHeap() - before).isLessThan(16L << 20);
      assertThat(image.extentAt(6L << 40, Long.MAX_VALUE))
          .isEqualTo(
              new Extent(6L << 40, (9_999_999L << 20) - (6L << 40), Extent.Kind.UNALLOCATED));
    }
  }

  private static long usedHeap() {
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
  }

  private static long plannedData(DiskImage image) throws IOException {
    long data = 0;
    for (long at = 0; at < image.virtualSize(); ) {
      Extent extent = image.plannedExtentAt(at, 32L << 30);
      data += extent.isData() ? extent.length() : 0;
      at = extent.end();
    }
    return data;
  }

  @Test
  void plansASparse16TiBDiskThatQemuMade(@TempDir Path directory) throws IOException {
    Path path = directory.resolve("large.vhdx");
    Tools.run("qemu-img", "create", "-f", "vhdx", path.toString(), "16T");
    Tools.run("qemu-io", "-f", "vhdx", "-c", "write -P 7 8T 1M", path.toString());
    String check = Tools.run("qemu-img", "info", "-f", "vhdx", "--output=json", path.toString());
    Matcher cluster = Pattern.compile("\"cluster-size\": (\\d+)").matcher(check);
    assertThat(cluster.find()).isTrue();
    CountingSource file = new CountingSource(FileByteSource.open(path));
    try (DiskImage image = open(file)) {
      assertThat(image.virtualSize()).isEqualTo(16L << 40);
      assertThat(plannedData(image)).isEqualTo(Long.parseLong(cluster.group(1)));
      assertThat(file.bytesRead).isLessThan(64L << 20);
      ByteBuffer read = ByteBuffer.allocate(1);
      image.readFully((8L << 40) + MIB - 1, read);
      assertThat(read.get(0)).isEqualTo((byte) 7);
    }
  }

  /** Counts what is read of a file. */
  private static final class CountingSource implements ByteSource {
    private final ByteSource source;
    private long bytesRead;

    CountingSource(ByteSource source) {
      this.source = source;
    }

    @Override
    public String name() {
      return source.name();
    }

    @Override
    public long size() {
      return source.size();
    }

    @Override
    public void readFully(long position, ByteBuffer destination) throws IOException {
      bytesRead += destination.remaining();
      source.readFully(position, destination);
    }

    @Override
    public void close() throws IOException {
      source.close();
    }
  }
}
