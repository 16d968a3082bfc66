package io.vmferry.disk.vhdx;

import static io.vmferry.disk.vhdx.HandWrittenVhdxTest.content;
import static io.vmferry.disk.vhdx.VhdxBuilder.MIB;
import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.block.Refusals;
import io.vmferry.disk.block.SparseSource;
import io.vmferry.disk.format.DiskImageFormats;
import io.vmferry.error.ErrorCode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.UUID;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** VHDX images with one defect each, and the code each is refused with. */
class MalformedVhdxTest {
  private static final int ITEMS = VhdxBuilder.METADATA + (64 << 10);

  private static VhdxBuilder builder() {
    return HandWrittenVhdxTest.builder(512);
  }

  private static void scan(SparseSource file) throws IOException {
    Refusals.scan(new VhdxFormat(), file);
  }

  private static void assertRefused(SparseSource file, ErrorCode code, String... found) {
    Refusals.assertRefused(new VhdxFormat(), file, code, found);
  }

  private static SparseSource withRegions(Consumer<ByteBuffer> change) {
    SparseSource file = builder().build();
    VhdxBuilder.editSealed(file, VhdxBuilder.REGIONS_1, 64 << 10, change);
    return file;
  }

  private static SparseSource withMetadata(Consumer<ByteBuffer> change) {
    SparseSource file = builder().build();
    VhdxBuilder.edit(file, VhdxBuilder.METADATA, 128 << 10, change);
    return file;
  }

  private static SparseSource withItem(int offset, long value) {
    SparseSource file = builder().build();
    VhdxBuilder.edit(file, ITEMS + offset, 8, item -> item.putLong(0, value));
    return file;
  }

  @Test
  void theFixtureItselfIsRead() throws IOException {
    scan(builder().build());
  }

  @ParameterizedTest
  @ValueSource(
      ints = {
        8,
        VhdxBuilder.HEADER_1 + 4095,
        VhdxBuilder.HEADER_2 + 4095,
        VhdxBuilder.REGIONS_1 + 65535,
        VhdxBuilder.METADATA - 1,
        VhdxBuilder.METADATA + MIB - 1,
        VhdxBuilder.TABLE,
        VhdxBuilder.TABLE + MIB - 1
      })
  void refusesAFileCutOffInAStructure(int size) {
    assertRefused(builder().build().resize(size), ErrorCode.IMAGE_TRUNCATED, "" + size);
  }

  @Test
  void refusesAFileCutOffInItsSecondRegionTableIfTheFirstIsDamaged() {
    SparseSource file = builder().build().put(VhdxBuilder.REGIONS_1, new byte[4]);
    assertRefused(
        file.resize(VhdxBuilder.REGIONS_2 + 65535), ErrorCode.IMAGE_TRUNCATED, "region table");
  }

  @ParameterizedTest
  @ValueSource(longs = {4L * MIB, 5L * MIB, 7L * MIB + 5, 8L * MIB - 8193})
  void refusesAFileCutOffInItsData(long size) {
    assertRefused(
        builder().build().resize(size), ErrorCode.VHDX_BLOCK_ALLOCATION_TABLE_INVALID, "" + size);
  }

  @Test
  void tellsWhatACutOffFileIs() throws IOException {
    assertThat(DiskImageFormats.detect(builder().build().resize(100))).contains(DiskFormat.VHDX);
  }

  @Test
  void refusesAFileWithoutItsSignature() {
    assertRefused(
        builder().build().put(0, new byte[] {'V'}), ErrorCode.VHDX_HEADER_INVALID, "vhdxfile");
  }

  @Test
  void refusesTwoDamagedHeaders() {
    SparseSource file = builder().build();
    file.put(VhdxBuilder.HEADER_1 + 99, new byte[] {1}).put(VhdxBuilder.HEADER_2, new byte[] {1});
    assertRefused(file, ErrorCode.VHDX_HEADER_INVALID, "neither");
  }

  @Test
  void refusesHeadersOfAnotherVersion() {
    SparseSource file = builder().build();
    for (int at : new int[] {VhdxBuilder.HEADER_1, VhdxBuilder.HEADER_2}) {
      VhdxBuilder.editSealed(file, at, 4096, header -> header.putShort(66, (short) 2));
    }
    assertRefused(file, ErrorCode.VHDX_HEADER_INVALID, "version 1");
  }

  @Test
  void refusesHeadersOfTheSameSequenceNumberWithDifferentLogs() {
    SparseSource file = builder().build();
    file.put(VhdxBuilder.HEADER_1, VhdxBuilder.header(2, LogWriter.GUID));
    assertRefused(file, ErrorCode.VHDX_HEADER_INVALID, "same sequence number 2");
  }

  @Test
  void refusesTwoDamagedRegionTables() {
    SparseSource file = builder().build();
    file.put(VhdxBuilder.REGIONS_1 + 99, new byte[] {1}).put(VhdxBuilder.REGIONS_2, new byte[4]);
    assertRefused(file, ErrorCode.VHDX_REGION_TABLE_INVALID, "neither");
  }

  @Test
  void refusesTooManyRegions() {
    SparseSource file = builder().build();
    for (int at : new int[] {VhdxBuilder.REGIONS_1, VhdxBuilder.REGIONS_2}) {
      VhdxBuilder.editSealed(file, at, 64 << 10, table -> table.putInt(8, -1));
    }
    assertRefused(file, ErrorCode.VHDX_REGION_TABLE_INVALID, "at most 2047");
  }

  @Test
  void refusesARequiredRegionThatIsNotKnown() {
    UUID id = UUID.fromString("01020304-0506-0708-090a-0b0c0d0e0f10");
    assertRefused(
        withRegions(table -> table.putInt(8, 3).put(80, VhdxBuilder.guid(id)).putInt(108, 1)),
        ErrorCode.VHDX_REGION_TABLE_INVALID,
        id.toString());
  }

  @Test
  void refusesARegionTableWithoutMetadata() {
    assertRefused(
        withRegions(table -> table.putInt(8, 1)),
        ErrorCode.VHDX_REGION_TABLE_INVALID,
        "no metadata region");
  }

  @Test
  void refusesARegionTableWithoutABlockAllocationTable() {
    assertRefused(
        withRegions(table -> table.put(16, new byte[16]).putInt(44, 0)),
        ErrorCode.VHDX_REGION_TABLE_INVALID,
        "no block allocation table region");
  }

  @Test
  void refusesARegionNamedTwice() {
    assertRefused(
        withRegions(
            table -> {
              byte[] first = new byte[32];
              table.get(16, first);
              table.putInt(8, 3).put(80, first);
            }),
        ErrorCode.VHDX_REGION_TABLE_INVALID,
        "too");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 512, MIB + 1, -MIB, Long.MIN_VALUE, Long.MAX_VALUE - MIB + 1})
  void refusesARegionThatIsNotAligned(long offset) {
    assertRefused(
        withRegions(table -> table.putLong(32, offset)),
        ErrorCode.VHDX_REGION_TABLE_INVALID,
        Long.toUnsignedString(offset));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4096})
  void refusesARegionOfNoWholeMiB(int length) {
    assertRefused(
        withRegions(table -> table.putInt(40, length)), ErrorCode.VHDX_REGION_TABLE_INVALID);
  }

  @Test
  void refusesARegionPastTheEnd() {
    assertRefused(
        withRegions(table -> table.putLong(64, 1L << 50)),
        ErrorCode.IMAGE_TRUNCATED,
        "metadata at offset " + (1L << 50));
  }

  @Test
  void refusesRegionsThatOverlap() {
    assertRefused(
        withRegions(table -> table.putLong(32, VhdxBuilder.METADATA)),
        ErrorCode.VHDX_REGION_TABLE_INVALID,
        "overlap");
  }

  @Test
  void refusesMetadataWithoutItsSignature() {
    assertRefused(withMetadata(table -> table.put(0, (byte) 'M')), ErrorCode.VHDX_METADATA_INVALID);
  }

  @Test
  void refusesTooMuchMetadata() {
    assertRefused(
        withMetadata(table -> table.putShort(10, (short) -1)),
        ErrorCode.VHDX_METADATA_INVALID,
        "65535 entries");
  }

  @Test
  void refusesARequiredItemThatIsNotKnown() {
    UUID id = UUID.fromString("01020304-0506-0708-090a-0b0c0d0e0f10");
    assertRefused(
        withMetadata(
            table -> {
              table.putShort(10, (short) 6);
              VhdxBuilder.item(table, 5, id, 0, 0, 4);
            }),
        ErrorCode.VHDX_METADATA_INVALID,
        id.toString());
  }

  @Test
  void refusesAUsersRequiredItemOfAKnownName() {
    assertRefused(
        withMetadata(
            table -> {
              table.putShort(10, (short) 6);
              VhdxBuilder.item(table, 5, VhdxBuilder.FILE_PARAMETERS, 0, 0, 5);
            }),
        ErrorCode.VHDX_METADATA_INVALID,
        "not known");
  }

  @Test
  void refusesAnItemNamedTwice() {
    assertRefused(
        withMetadata(
            table -> {
              table.putShort(10, (short) 6);
              VhdxBuilder.item(table, 5, VhdxBuilder.FILE_PARAMETERS, 64 << 10, 8, 4);
            }),
        ErrorCode.VHDX_METADATA_INVALID,
        "twice");
  }

  @Test
  void refusesMetadataWithoutTheDisksSize() {
    assertRefused(
        withMetadata(table -> table.putShort(10, (short) 1)),
        ErrorCode.VHDX_METADATA_INVALID,
        "no item");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 65535, MIB - 7, -8})
  void refusesAnItemOutsideOfTheRegion(int offset) {
    assertRefused(
        withMetadata(
            table -> VhdxBuilder.item(table, 0, VhdxBuilder.FILE_PARAMETERS, offset, 8, 4)),
        ErrorCode.VHDX_METADATA_INVALID,
        "of the region's 1048576");
  }

  @Test
  void refusesAnItemThatIsTooShort() {
    assertRefused(
        withMetadata(
            table -> VhdxBuilder.item(table, 0, VhdxBuilder.FILE_PARAMETERS, 64 << 10, 7, 4)),
        ErrorCode.VHDX_METADATA_INVALID);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 512 << 10, 3 * MIB, 512 * MIB, Integer.MIN_VALUE})
  void refusesABlockSizeThatNoVhdxHas(int size) {
    assertRefused(withItem(0, size & 0xFFFFFFFFL), ErrorCode.VHDX_METADATA_INVALID, "block size");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2048, -512})
  void refusesASectorSizeThatNoVhdxHas(int size) {
    assertRefused(withItem(16, size & 0xFFFFFFFFL), ErrorCode.VHDX_METADATA_INVALID, "sector size");
  }

  @Test
  void refusesADiskOfPartSectors() {
    assertRefused(withItem(8, 1000), ErrorCode.VHDX_METADATA_INVALID, "1000");
  }

  @Test
  void refusesADiskOfSizeZero() {
    assertRefused(withItem(8, 0), ErrorCode.DISK_SIZE_ZERO);
  }

  @ParameterizedTest
  @ValueSource(longs = {(16L << 40) + 512, Long.MAX_VALUE, -512})
  void refusesADiskOver16TiB(long size) {
    assertRefused(withItem(8, size), ErrorCode.DISK_SIZE_TOO_LARGE, Long.toUnsignedString(size));
  }

  @Test
  void refusesADifferencingDisk() {
    assertRefused(withItem(0, MIB | 2L << 32), ErrorCode.VHDX_DIFFERENCING_UNSUPPORTED, "parent");
  }

  @Test
  void refusesADiskWithAParentLocator() {
    assertRefused(
        withMetadata(
            table -> {
              table.putShort(10, (short) 6);
              VhdxBuilder.item(table, 5, VhdxBuilder.PARENT_LOCATOR, 70 << 10, 20, 4);
            }),
        ErrorCode.VHDX_DIFFERENCING_UNSUPPORTED,
        "parent");
  }

  @Test
  void refusesABlockThatIsPartiallyPresent() {
    assertRefused(
        builder().entry(1, 5L << 20 | VhdxBuilder.PARTIALLY).build(),
        ErrorCode.VHDX_DIFFERENCING_UNSUPPORTED,
        "block 1 ");
  }

  @Test
  void refusesABlockInAStateThatIsNotKnown() {
    assertRefused(
        builder().entry(1, 5L << 20 | 4).build(),
        ErrorCode.VHDX_BLOCK_ALLOCATION_TABLE_INVALID,
        "block 1 (offset 3145736)",
        "0000000000500004");
  }

  @ParameterizedTest
  @ValueSource(longs = {8, 1000, (1L << 43) - 1, 1L << 43, (1L << 44) - 1})
  void refusesABlockPastTheEnd(long mebibytes) {
    assertRefused(
        builder().entry(1, mebibytes << 20 | VhdxBuilder.PRESENT).build(),
        ErrorCode.VHDX_BLOCK_ALLOCATION_TABLE_INVALID,
        "at MiB " + mebibytes);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, 3})
  void refusesABlockOverTheFilesStructures(long mebibytes) {
    assertRefused(
        builder().entry(1, mebibytes << 20 | VhdxBuilder.PRESENT).build(),
        ErrorCode.VHDX_BLOCK_ALLOCATION_TABLE_INVALID,
        "which is in the file's");
  }

  @Test
  void refusesATableWithFewerEntriesThanTheDiskHasBlocks() {
    VhdxBuilder builder = new VhdxBuilder(200L << 30, MIB, 512).block(0, content(1, MIB));
    SparseSource file = builder.build();
    VhdxBuilder.editSealed(file, VhdxBuilder.REGIONS_1, 64 << 10, table -> table.putInt(40, MIB));
    assertRefused(file, ErrorCode.VHDX_BLOCK_ALLOCATION_TABLE_INVALID, "204800 blocks");
  }
}
