package io.vmferry.disk.vmdk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.Extent;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.io.ByteArraySource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Damaged and odd files: each is refused with its code, or read as the disk it holds. */
class VmdkDamageTest {
  private static final int SECTOR = 512;
  private static final byte[] DISK = Disks.mixed((1 << 20) + 3 * SECTOR);

  private static VmdkBuilder stream() {
    VmdkBuilder builder = new VmdkBuilder(DISK);
    builder.entriesPerTable = 4;
    return builder;
  }

  private static VmdkBuilder plain() {
    VmdkBuilder builder = VmdkBuilder.plain(DISK);
    builder.entriesPerTable = 4;
    return builder;
  }

  private static Arguments defect(
      String name,
      VmdkBuilder builder,
      BiConsumer<ByteBuffer, VmdkBuilder> damage,
      ErrorCode code) {
    return Arguments.of(name, builder, damage, code);
  }

  private static Arguments oddity(String name, Consumer<VmdkBuilder> oddity, ErrorCode code) {
    VmdkBuilder builder = stream();
    oddity.accept(builder);
    return defect(name, builder, (_, _) -> {}, code);
  }

  static Stream<Arguments> defectsOfTheHeader() {
    return Stream.of(
        oddity("version 4", b -> b.version = 4, ErrorCode.VMDK_VERSION_UNSUPPORTED),
        oddity("version 0", b -> b.version = 0, ErrorCode.VMDK_VERSION_UNSUPPORTED),
        oddity(
            "compression 0 in a compressed file",
            b -> b.compression = 0,
            ErrorCode.VMDK_COMPRESSION_UNSUPPORTED),
        oddity("compression 2", b -> b.compression = 2, ErrorCode.VMDK_COMPRESSION_UNSUPPORTED),
        oddity("deflate in a plain file", b -> b.flags = 1, ErrorCode.VMDK_COMPRESSION_UNSUPPORTED),
        defect(
            "newlines after a transfer in text mode",
            stream(),
            (f, _) -> f.putInt(73, 0x0a0a200a),
            ErrorCode.VMDK_HEADER_INVALID),
        defect("capacity 0", stream(), (f, _) -> f.putLong(12, 0), ErrorCode.DISK_SIZE_ZERO),
        defect(
            "capacity 128 PiB",
            stream(),
            (f, _) -> f.putLong(12, 1L << 48),
            ErrorCode.DISK_SIZE_TOO_LARGE),
        defect(
            "capacity of all ones",
            stream(),
            (f, _) -> f.putLong(12, -1),
            ErrorCode.DISK_SIZE_TOO_LARGE),
        defect("grain size 0", stream(), (f, _) -> f.putLong(20, 0), ErrorCode.VMDK_HEADER_INVALID),
        defect(
            "grain size of 16 MiB",
            stream(),
            (f, _) -> f.putLong(20, 1 << 15),
            ErrorCode.VMDK_HEADER_INVALID),
        defect(
            "grain size negative",
            stream(),
            (f, _) -> f.putLong(20, -128),
            ErrorCode.VMDK_HEADER_INVALID),
        defect(
            "no entries in a grain table",
            stream(),
            (f, _) -> f.putInt(44, 0),
            ErrorCode.VMDK_HEADER_INVALID),
        defect(
            "2^31 entries in a grain table",
            stream(),
            (f, _) -> f.putInt(44, 1 << 31),
            ErrorCode.VMDK_HEADER_INVALID),
        defect(
            "more grain tables than are read",
            stream(),
            (f, _) -> f.putLong(12, 16L << 31).putLong(20, 1),
            ErrorCode.VMDK_HEADER_INVALID),
        defect(
            "descriptor beyond the end of the file",
            stream(),
            (f, _) -> f.putLong(28, 1L << 40),
            ErrorCode.IMAGE_TRUNCATED),
        defect(
            "descriptor at sector 2^62",
            stream(),
            (f, _) -> f.putLong(28, 1L << 62),
            ErrorCode.IMAGE_TRUNCATED),
        defect(
            "descriptor of 2^63 sectors",
            stream(),
            (f, _) -> f.putLong(36, 1L << 63),
            ErrorCode.VMDK_DESCRIPTOR_INVALID));
  }

  static Stream<Arguments> defectsOfTables() {
    return Stream.of(
        defect(
            "grain directory beyond the end of the file",
            plain(),
            (f, b) -> f.putLong(56, b.at("end")).putLong(48, 0),
            ErrorCode.VMDK_GRAIN_DIRECTORY_INVALID),
        defect(
            "grain directory at sector 2^63",
            plain(),
            (f, _) -> f.putLong(56, 1L << 63).putLong(48, 0),
            ErrorCode.VMDK_GRAIN_DIRECTORY_INVALID),
        defect(
            "both grain directories beyond the end of the file",
            plain(),
            (f, _) -> f.putLong(56, 1 << 30).putLong(48, 1 << 30),
            ErrorCode.VMDK_GRAIN_DIRECTORY_INVALID),
        defect(
            "no grain directory",
            plain(),
            (f, _) -> f.putLong(56, 0).putLong(48, 0),
            ErrorCode.VMDK_GRAIN_DIRECTORY_INVALID),
        defect(
            "grain directory in the descriptor",
            plain(),
            (f, _) -> f.putLong(56, 1).putLong(48, 0),
            ErrorCode.VMDK_GRAIN_DIRECTORY_INVALID),
        defect(
            "footer with its grain directory beyond the end of the file",
            stream(),
            (f, b) -> f.putLong(b.at("footer") + 56, 1 << 30),
            ErrorCode.VMDK_GRAIN_DIRECTORY_INVALID),
        defect(
            "grain table beyond the end of the file",
            stream(),
            (f, b) -> f.putInt(b.at("directory"), 0x7fffffff),
            ErrorCode.VMDK_GRAIN_DIRECTORY_INVALID),
        defect(
            "grain table at the last sector of all",
            stream(),
            (f, b) -> f.putInt(b.at("directory"), -1),
            ErrorCode.VMDK_GRAIN_DIRECTORY_INVALID),
        defect(
            "grain table in the descriptor",
            stream(),
            (f, b) -> f.putInt(b.at("directory"), 2),
            ErrorCode.VMDK_GRAIN_DIRECTORY_INVALID),
        defect(
            "grain beyond the end of the file",
            stream(),
            (f, b) -> f.putInt(b.at("table 0"), 0x7fffffff),
            ErrorCode.VMDK_GRAIN_TABLE_INVALID),
        defect(
            "plain grain beyond the end of the file, in both tables",
            plain(),
            (f, b) -> f.putInt(b.at("table 1"), -1).putInt(b.at("redundant table 1"), -1),
            ErrorCode.VMDK_GRAIN_TABLE_INVALID),
        defect(
            "zeroed grain in a file that has none",
            stream(),
            (f, b) -> f.putInt(b.at("table 0"), 1),
            ErrorCode.VMDK_GRAIN_TABLE_INVALID),
        defect(
            "plain grain that ends behind the file",
            plain(),
            (f, b) ->
                f.putInt(b.at("table 0"), b.at("end") / SECTOR - 1)
                    .putInt(b.at("redundant table 0"), b.at("end") / SECTOR - 1),
            ErrorCode.IMAGE_TRUNCATED));
  }

  static Stream<Arguments> defectsOfGrains() {
    return Stream.of(
        defect(
            "damaged deflate stream",
            stream(),
            (f, b) -> f.putLong(firstGrain(b) + 12, -1),
            ErrorCode.VMDK_GRAIN_INVALID),
        defect(
            "deflate stream with a wrong checksum",
            stream(),
            (f, b) -> {
              int end = firstGrain(b) + 12 + f.getInt(firstGrain(b) + 8);
              f.putInt(end - 4, ~f.getInt(end - 4));
            },
            ErrorCode.VMDK_GRAIN_INVALID),
        defect(
            "deflate stream that is cut",
            stream(),
            (f, b) -> f.putInt(firstGrain(b) + 8, f.getInt(firstGrain(b) + 8) / 2),
            ErrorCode.VMDK_GRAIN_INVALID),
        defect(
            "grain without bytes",
            stream(),
            (f, b) -> f.putInt(firstGrain(b) + 8, 0),
            ErrorCode.VMDK_GRAIN_INVALID),
        defect(
            "grain of 4 GiB",
            stream(),
            (f, b) -> f.putInt(firstGrain(b) + 8, -1),
            ErrorCode.VMDK_GRAIN_INVALID),
        defect(
            "grain of another place",
            stream(),
            (f, b) -> f.putLong(firstGrain(b), 128 * 5000),
            ErrorCode.VMDK_GRAIN_INVALID),
        defect(
            "grain that inflates to one byte less",
            stream(),
            (f, b) -> putDeflated(f, firstGrain(b), 65_535),
            ErrorCode.VMDK_GRAIN_INVALID),
        defect(
            "grain that inflates to one byte more",
            stream(),
            (f, b) -> putDeflated(f, firstGrain(b), 65_537),
            ErrorCode.VMDK_GRAIN_INVALID),
        defect(
            "grain that inflates to 16 MiB",
            new VmdkBuilder(DISK),
            (f, b) -> putDeflated(f, firstGrain(b), 1 << 24),
            ErrorCode.VMDK_GRAIN_INVALID),
        defect(
            "deflate stream with a preset dictionary",
            stream(),
            (f, b) -> f.putShort(firstGrain(b) + 12, (short) 0x2078),
            ErrorCode.VMDK_GRAIN_INVALID));
  }

  private static int firstGrain(VmdkBuilder builder) {
    return builder.offsets.entrySet().stream()
        .filter(entry -> entry.getKey().startsWith("grain "))
        .findFirst()
        .orElseThrow()
        .getValue();
  }

  private static void putDeflated(ByteBuffer file, int grain, int length) {
    // Over the grains behind it, which are not reached any more.
    try (Deflater deflater = new Deflater()) {
      deflater.setInput(new byte[length]);
      deflater.finish();
      byte[] deflated = new byte[200_000];
      int size = deflater.deflate(deflated);
      file.putInt(grain + 8, size).put(grain + 12, deflated, 0, size);
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"defectsOfTheHeader", "defectsOfTables", "defectsOfGrains"})
  void isRefused(
      String name,
      VmdkBuilder builder,
      BiConsumer<ByteBuffer, VmdkBuilder> damage,
      ErrorCode code) {
    assertRefused(damaged(builder, damage), code);
  }

  static Stream<Arguments> damageThatTheRedundantTablesMend() {
    return Stream.of(
        mended("directory beyond the end", (f, _) -> f.putLong(56, 1L << 50)),
        mended("no directory", (f, _) -> f.putLong(56, 0)),
        mended("table beyond the end", (f, b) -> f.putInt(b.at("directory"), -1)),
        mended("directory of zeros", (f, b) -> f.putLong(b.at("directory"), 0)),
        mended("grain beyond the end", (f, b) -> f.putInt(b.at("table 0") + 4, -2)));
  }

  private static Arguments mended(String name, BiConsumer<ByteBuffer, VmdkBuilder> damage) {
    return Arguments.of(name, damage);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damageThatTheRedundantTablesMend")
  void isMendedByTheRedundantTables(String name, BiConsumer<ByteBuffer, VmdkBuilder> damage)
      throws IOException {
    assertThat(Reading.disk(damaged(plain(), damage))).isEqualTo(DISK);
  }

  @Test
  void readsAZeroedGrainAsZerosWhereTheHeaderAllowsIt() throws IOException {
    VmdkBuilder builder = stream();
    builder.flags |= VmdkBuilder.ZEROED_GRAINS;
    builder.zeroed.add(2L);
    byte[] expected = DISK.clone();
    Arrays.fill(expected, 2 << 16, 3 << 16, (byte) 0);
    byte[] file = builder.build();
    assertThat(Reading.disk(file)).isEqualTo(expected);
    try (DiskImage image =
        new VmdkFormat().open(new ByteArraySource("disk.vmdk", file), ReferenceResolver.REFUSE)) {
      assertThat(image.extentAt(2 << 16, 1 << 20))
          .isEqualTo(new Extent(2 << 16, 1 << 16, Extent.Kind.ZERO));
    }
  }

  @Test
  void readsAStreamWithoutDescriptor() throws IOException {
    VmdkBuilder builder = stream();
    builder.descriptor = "";
    assertThat(Reading.disk(builder.build())).isEqualTo(DISK);
  }

  @Test
  void refusesAPartOfASplitDisk() {
    VmdkBuilder builder = plain();
    builder.descriptor = "";
    assertRefused(builder.build(), ErrorCode.VMDK_DESCRIPTOR_INVALID);
  }

  @Test
  void refusesASparseExtentWhoseDescriptorHasMoreOfThem() {
    VmdkBuilder builder = plain();
    builder.descriptor += "RW 2048 SPARSE \"disk-s002.vmdk\"\n";
    assertRefused(builder.build(), ErrorCode.VMDK_DESCRIPTOR_INVALID);
  }

  @Test
  void refusesADeltaDisk() {
    VmdkBuilder builder = plain();
    builder.descriptor = builder.descriptor.replace("parentCID=ffffffff", "parentCID=2bd1a1f4");
    assertRefused(builder.build(), ErrorCode.VMDK_DELTA_UNSUPPORTED);
  }

  @Test
  void refusesWhatVmfsMakesOfSnapshots() {
    assertRefused(
        Arrays.copyOf("COWD".getBytes(StandardCharsets.US_ASCII), 4096),
        ErrorCode.VMDK_EXTENT_UNSUPPORTED);
    assertRefused(
        ByteBuffer.allocate(4096)
            .order(ByteOrder.LITTLE_ENDIAN)
            .putLong(0xcafebabeL)
            .putLong(0x0000000200000001L)
            .array(),
        ErrorCode.VMDK_SESPARSE_UNSUPPORTED);
  }

  /** A cut file is refused, or read as the whole disk where only what follows it is gone. */
  @ParameterizedTest
  @ValueSource(strings = {"stream", "stream without footer", "stream of grains alone", "plain"})
  void isNeverReadAsAnotherDiskWhenItIsCut(String kind) throws IOException {
    VmdkBuilder builder = smallFile(kind);
    byte[] file = builder.build();
    assertThat(Reading.disk(file)).isEqualTo(builder.disk);
    for (int length = 1; length < file.length; length += length % SECTOR == 511 ? 1 : 255) {
      assertRefusedOrWhole(Arrays.copyOf(file, length), builder, "cut to " + length);
    }
  }

  /** So it is when the rest of the file is there, as zeros. */
  @ParameterizedTest
  @ValueSource(strings = {"stream", "stream without footer", "stream of grains alone"})
  void isNeverReadAsAnotherDiskWhenItsEndIsZeros(String kind) throws IOException {
    VmdkBuilder builder = smallFile(kind);
    byte[] file = builder.build();
    for (int length = 1; length < file.length; length += length % SECTOR == 511 ? 1 : 255) {
      for (int padding : new int[] {0, SECTOR, 1 << 17}) {
        byte[] padded = Arrays.copyOf(Arrays.copyOf(file, length), file.length + padding);
        assertRefusedOrWhole(padded, builder, "zeros from " + length);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"end", "end of stream"})
  void readsAStreamThatIsCutBehindItsFooter(String end) throws IOException {
    VmdkBuilder builder = stream();
    byte[] file = builder.build();
    assertThat(Reading.disk(Arrays.copyOf(file, builder.at(end)))).isEqualTo(DISK);
  }

  @Test
  void readsAStreamThatIsCutBehindItsDirectory() throws IOException {
    VmdkBuilder builder = stream();
    byte[] file = builder.build();
    int end = builder.at("footer") - SECTOR;
    assertThat(Reading.disk(Arrays.copyOf(file, end))).isEqualTo(DISK);
  }

  @Test
  void refusesAStreamThatIsCutBehindItsLastGrainTable() {
    VmdkBuilder builder = stream();
    byte[] file = builder.build();
    int end = builder.at("directory") - SECTOR;
    assertRefused(Arrays.copyOf(file, end), ErrorCode.IMAGE_TRUNCATED);
  }

  @Test
  void refusesAStreamWhoseDirectoryLacksAGrainTable() {
    VmdkBuilder builder = stream();
    builder.footer = false;
    assertRefused(
        damaged(builder, (f, b) -> f.putInt(b.at("directory"), 0)),
        ErrorCode.VMDK_GRAIN_DIRECTORY_INVALID);
  }

  private static VmdkBuilder smallFile(String kind) {
    byte[] disk = Arrays.copyOf(DISK, 100_000 / SECTOR * SECTOR);
    VmdkBuilder builder =
        kind.startsWith("stream") ? new VmdkBuilder(disk) : VmdkBuilder.plain(disk);
    builder.grainSectors = 8;
    builder.entriesPerTable = 5;
    builder.footer &= kind.equals("stream");
    builder.directory = !kind.equals("stream of grains alone");
    return builder;
  }

  private static void assertRefusedOrWhole(byte[] file, VmdkBuilder builder, String description)
      throws IOException {
    try {
      assertThat(Reading.disk(file)).as(description).isEqualTo(builder.disk);
    } catch (VmferryException e) {
      assertThat(e.code().category()).as(description).isEqualTo(ErrorCode.Category.USER);
    }
  }

  private static byte[] damaged(VmdkBuilder builder, BiConsumer<ByteBuffer, VmdkBuilder> damage) {
    ByteBuffer file = ByteBuffer.wrap(builder.build()).order(ByteOrder.LITTLE_ENDIAN);
    damage.accept(file, builder);
    return file.array();
  }

  private static void assertRefused(byte[] file, ErrorCode code) {
    assertThatExceptionOfType(VmferryException.class)
        .isThrownBy(() -> Reading.disk(file))
        .satisfies(e -> assertThat(e.code()).as(e.getMessage()).isEqualTo(code));
  }
}
