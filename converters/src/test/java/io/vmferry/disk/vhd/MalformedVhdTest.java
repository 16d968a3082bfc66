package io.vmferry.disk.vhd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.block.Refusals;
import io.vmferry.disk.block.SparseSource;
import io.vmferry.disk.format.DiskImageFormats;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** VHDs with one defect each, and the code each is refused with. */
class MalformedVhdTest {
  private static final int BLOCK = 4096;
  private static final int TABLE = 1536;

  /** Ten blocks, three stored: footer, header, table at 1536, blocks from 2048 on, footer. */
  private static VhdBuilder dynamic() {
    return VhdBuilder.dynamic(10 * BLOCK)
        .blockSize(BLOCK)
        .block(0, HandWrittenVhdTest.content(1, BLOCK))
        .block(4, HandWrittenVhdTest.content(2, BLOCK))
        .block(9, HandWrittenVhdTest.content(3, BLOCK));
  }

  private static void scan(SparseSource file) throws IOException {
    Refusals.scan(new VhdFormat(), file);
  }

  private static void assertRefused(SparseSource file, ErrorCode code, String... found) {
    Refusals.assertRefused(new VhdFormat(), file, code, found);
  }

  private static byte[] ints(int... values) {
    ByteBuffer bytes = ByteBuffer.allocate(values.length * 4);
    bytes.asIntBuffer().put(values);
    return bytes.array();
  }

  @Test
  void theFixtureItselfIsRead() throws IOException {
    scan(dynamic().build());
  }

  @Test
  void refusesFootersThatAreBothValidButNotIdentical() {
    byte[] other = dynamic().savedState().footer();
    SparseSource file = dynamic().build().put(0, other);
    assertRefused(file, ErrorCode.VHD_FOOTER_INVALID, "differ in byte 6", "checksum is right");
    assertThatThrownBy(() -> scan(dynamic().build().put(0, other)))
        .hasMessageStartingWith("ClientError: Footers not identical: ");
  }

  @Test
  void refusesADamagedFooterCopy() {
    assertRefused(
        dynamic().build().put(100, new byte[] {1}),
        ErrorCode.VHD_FOOTER_INVALID,
        "differ in byte 100",
        "checksum is wrong");
  }

  @Test
  void refusesADamagedFooterAtTheEnd() {
    SparseSource file = dynamic().build();
    file.put(file.size() - 400, new byte[] {1});
    assertRefused(file, ErrorCode.VHD_FOOTER_INVALID, "wrong checksum");
  }

  @Test
  void refusesADamagedFooterOfAFixedDisk() {
    SparseSource file = VhdBuilder.fixed(8192).build();
    file.put(file.size() - 400, new byte[] {1});
    assertRefused(file, ErrorCode.VHD_FOOTER_INVALID, "wrong checksum");
  }

  @Test
  void refusesADynamicDiskWithoutAFooterAtTheEnd() {
    SparseSource file = dynamic().build();
    file.resize(file.size() - 512);
    assertRefused(file, ErrorCode.VHD_FOOTER_INVALID, "no footer at the end", "cut off");
  }

  @Test
  void refusesADynamicDiskCutOffAnywhere() {
    // Without its last byte alone it has a whole footer of 511 bytes.
    long whole = dynamic().build().size() - 1;
    for (long size = 8; size < whole; size++) {
      SparseSource cut = dynamic().build().resize(size);
      // Cut off behind the copy, that is the footer at the end.
      boolean copyIsLast = size == 511 || size == 512;
      assertRefused(cut, copyIsLast ? ErrorCode.IMAGE_TRUNCATED : ErrorCode.VHD_FOOTER_INVALID);
    }
  }

  @Test
  void tellsWhatACutOffDynamicDiskIs() throws IOException {
    SparseSource cut = dynamic().build().resize(600);
    assertThat(DiskImageFormats.detect(cut)).contains(DiskFormat.VHD);
  }

  @Test
  void takesAFixedDiskCutOffForNoVhd() {
    SparseSource cut = VhdBuilder.fixed(8192).build();
    cut.resize(cut.size() - 2);
    VmferryException failure =
        catchThrowableOfType(
            VmferryException.class,
            () ->
                DiskImageFormats.open(cut, Optional.of(DiskFormat.VHD), ReferenceResolver.REFUSE));
    assertThat(failure.code()).isEqualTo(ErrorCode.IMAGE_FORMAT_MISMATCH);
    assertThat(cut.closed()).isTrue();
  }

  @Test
  void refusesAFixedDiskWithLessDataThanItsFooterSays() {
    SparseSource file = new SparseSource().put(4096, VhdBuilder.fixed(8192).footer());
    assertRefused(file, ErrorCode.IMAGE_TRUNCATED, "8192", "4096");
  }

  @ParameterizedTest
  @ValueSource(ints = {512, 513, 1000, 1535})
  void refusesAHeaderThatTheFileIsTooShortFor(int size) {
    byte[] start = Arrays.copyOf(dynamic().build().toByteArray(), size);
    byte[] footer = VhdBuilder.ofType(VhdBuilder.DYNAMIC, 10 * BLOCK).footer();
    ByteBuffer.wrap(footer).putLong(16, size);
    SparseSource file = new SparseSource().put(0, start);
    byte[] sealed = VhdBuilder.seal(footer, 64);
    file.put(0, sealed).put(size, sealed);
    assertRefused(file, ErrorCode.IMAGE_TRUNCATED, "dynamic disk header");
  }

  @Test
  void refusesATableThatTheFileIsTooShortFor() {
    SparseSource file = dynamic().build();
    long offset = file.size() - 39;
    file.put(512 + 16, ByteBuffer.allocate(8).putLong(offset).array());
    assertRefused(file, ErrorCode.IMAGE_TRUNCATED, "block allocation table", "40 bytes");
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE})
  void refusesATableOutsideOfAnyFile(long offset) {
    SparseSource file =
        dynamic().build().put(512 + 16, ByteBuffer.allocate(8).putLong(offset).array());
    assertRefused(file, ErrorCode.IMAGE_TRUNCATED, Long.toUnsignedString(offset));
  }

  @Test
  void refusesAnEntryPastTheEnd() {
    SparseSource file = dynamic().build();
    int firstOutside = (int) Math.ceilDiv(file.size() - 512 - BLOCK + 1, 512);
    file.put(TABLE + 4 * 4, ints(firstOutside));
    assertRefused(
        file, ErrorCode.VHD_BLOCK_ALLOCATION_TABLE_INVALID, "entry 4 ", "offset 1552", "end at");
  }

  @Test
  void refusesTheLargestEntry() {
    assertRefused(
        dynamic().build().put(TABLE, ints(0xFFFFFFFE)),
        ErrorCode.VHD_BLOCK_ALLOCATION_TABLE_INVALID,
        "sector 4294967294");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void refusesAnEntryOverTheHeaders(int sector) {
    assertRefused(
        dynamic().build().put(TABLE, ints(sector)),
        ErrorCode.VHD_BLOCK_ALLOCATION_TABLE_INVALID,
        "over the file's headers");
  }

  @Test
  void refusesABlockWhoseEndIsMissingWhenItIsReadWithoutPlanning() throws IOException {
    SparseSource file = dynamic().build().put(TABLE + 16, ints(1 << 20));
    try (DiskImage image = new VhdFormat().open(file, ReferenceResolver.REFUSE)) {
      image.readFully(0, ByteBuffer.allocate(4 * BLOCK));
      assertThatThrownBy(() -> image.readFully(4 * BLOCK + 100, ByteBuffer.allocate(1)))
          .isInstanceOf(VmferryException.class);
    }
  }

  @Test
  void refusesADifferencingDisk() {
    SparseSource file = VhdBuilder.ofType(4, 10 * BLOCK).blockSize(BLOCK).build();
    assertRefused(file, ErrorCode.VHD_DIFFERENCING_UNSUPPORTED, "type 4");
  }

  @ParameterizedTest
  @ValueSource(ints = {-1, 0, 1, 5, 6, 7})
  void refusesATypeThatNoWriterMakes(int type) {
    SparseSource file = VhdBuilder.ofType(type, 10 * BLOCK).blockSize(BLOCK).build();
    assertRefused(file, ErrorCode.VHD_FOOTER_INVALID, "type");
  }

  @Test
  void refusesADiskOfSizeZero() {
    assertRefused(VhdBuilder.fixed(0).build(), ErrorCode.DISK_SIZE_ZERO);
  }

  @Test
  void refusesADiskOver16TiB() {
    SparseSource file = new SparseSource();
    file.put(0, VhdBuilder.fixed((16L << 40) + 512).footer());
    assertRefused(file, ErrorCode.DISK_SIZE_TOO_LARGE, "17592186044928");
  }

  @Test
  void refusesADiskOfANegativeSize() {
    SparseSource file = new SparseSource().put(0, VhdBuilder.fixed(-512).footer());
    assertRefused(file, ErrorCode.DISK_SIZE_TOO_LARGE, "18446744073709551104");
  }

  @Test
  void refusesAHeaderWithoutItsCookie() {
    assertRefused(
        dynamic().build().put(512, new byte[8]), ErrorCode.VHD_HEADER_INVALID, "offset 512");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 256, 3 << 20, -1})
  void refusesABlockSizeThatIsNoPowerOfTwoFrom512(int size) {
    assertRefused(
        dynamic().build().put(512 + 32, ints(size)), ErrorCode.VHD_HEADER_INVALID, "block size");
  }

  @Test
  void refusesATableWithFewerEntriesThanTheDiskHasBlocks() {
    assertRefused(
        dynamic().entries(9).build(), ErrorCode.VHD_HEADER_INVALID, "9 table entries", "10 blocks");
  }
}
