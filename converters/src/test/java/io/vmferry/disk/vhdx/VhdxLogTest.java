package io.vmferry.disk.vhdx;

import static io.vmferry.disk.vhdx.HandWrittenVhdxTest.content;
import static io.vmferry.disk.vhdx.HandWrittenVhdxTest.open;
import static io.vmferry.disk.vhdx.HandWrittenVhdxTest.read;
import static io.vmferry.disk.vhdx.VhdxBuilder.MIB;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.DiskImageContract;
import io.vmferry.disk.Tools;
import io.vmferry.disk.block.QemuImages;
import io.vmferry.disk.block.SparseSource;
import io.vmferry.disk.io.ByteArraySource;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.UUID;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Images that were not closed properly. What they hold is told twice: by the test, and by qemu-img
 * after it repaired a copy of the file.
 */
class VhdxLogTest {
  private static final long DATA = 4L * MIB;
  private static final int SECTOR = 4096;

  @TempDir Path directory;

  /** Eight blocks of 1 MiB, the first four stored from 4 MiB on. */
  private static VhdxBuilder builder() {
    VhdxBuilder builder = new VhdxBuilder(8 * MIB, MIB, 512);
    for (int block = 0; block < 4; block++) {
      builder.block(block, content(block, MIB));
    }
    return builder;
  }

  private static byte[] before() {
    return builder().disk().toByteArray();
  }

  /** Where a byte of the first four blocks is in the file. */
  private static long inFile(int offset) {
    return DATA + offset;
  }

  private static void put(byte[] disk, int offset, byte[] content) {
    System.arraycopy(content, 0, disk, offset, content.length);
  }

  private void assertReads(SparseSource file, byte[] disk) throws IOException {
    byte[] untouched = file.toByteArray();
    try (DiskImage image = open(file)) {
      assertThat(read(image)).isEqualTo(disk);
    }
    assertThat(file.toByteArray()).isEqualTo(untouched);
    assertThat(repairedByQemu(untouched)).isEqualTo(disk);
  }

  private byte[] repairedByQemu(byte[] file) throws IOException {
    Path image = Files.write(directory.resolve("repaired.vhdx"), file);
    Tools.run("qemu-img", "check", "-r", "all", "-f", "vhdx", image.toString());
    return Files.readAllBytes(new QemuImages(directory).read(image, "vhdx"));
  }

  private static void assertRefused(SparseSource file, ErrorCode code, String... found) {
    assertThatThrownBy(() -> open(file))
        .isInstanceOfSatisfying(
            VmferryException.class,
            failure -> {
              assertThat(failure.code()).isEqualTo(code);
              for (String part : found) {
                assertThat(failure.detail()).contains(part);
              }
            });
    assertThat(file.closed()).isTrue();
  }

  /** Three entries with data, zeros, data over zeros, zeros over data, and a new block. */
  private static SparseSource severalEntries(int start) {
    VhdxBuilder builder = builder();
    SparseSource file = builder.build();
    byte[] table = builder.entry(6, DATA + 4 * MIB | VhdxBuilder.PRESENT).tableSector(6);
    file.resize(DATA + 5 * MIB).put(DATA + 4 * MIB, content(66, MIB));
    return new LogWriter(file)
        .at(start)
        .sector(inFile(0), content(10, SECTOR))
        .sector(inFile(SECTOR), content(11, SECTOR))
        .zeros(inFile(MIB), 64 << 10)
        .write()
        .sector(inFile(MIB + SECTOR), content(12, SECTOR))
        .zeros(inFile(0), SECTOR)
        .write()
        .sector(VhdxBuilder.TABLE, table)
        .sector(inFile(SECTOR), content(13, SECTOR))
        .write()
        .file();
  }

  private static byte[] diskAfterSeveralEntries() {
    byte[] disk = before();
    put(disk, 0, new byte[SECTOR]);
    put(disk, SECTOR, content(13, SECTOR));
    put(disk, MIB, new byte[64 << 10]);
    put(disk, MIB + SECTOR, content(12, SECTOR));
    put(disk, 6 * MIB, content(66, MIB));
    return disk;
  }

  @Nested
  class WithADirtyLog extends DiskImageContract {
    @Override
    protected DiskImage openImage() throws IOException {
      return open(severalEntries(0));
    }

    @Override
    protected ByteSource openExpected() {
      return new ByteArraySource("expected", diskAfterSeveralEntries());
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 40 << 10, MIB - 6 * SECTOR})
  void replaysSeveralEntriesWhereverTheyLieInTheLog(int start) throws IOException {
    assertReads(severalEntries(start), diskAfterSeveralEntries());
  }

  /** qemu 7.2 is no witness here: it takes the run it finds at the log's start for the whole. */
  @ParameterizedTest
  @ValueSource(ints = {MIB - SECTOR, MIB - 2 * SECTOR, MIB - 3 * SECTOR, MIB - 5 * SECTOR})
  void replaysFromTheTailAlsoWhereTheLogStartsInTheMiddleOfTheSequence(int start)
      throws IOException {
    try (DiskImage image = open(severalEntries(start))) {
      assertThat(read(image)).isEqualTo(diskAfterSeveralEntries());
    }
  }

  @Test
  void leavesOutAnEntryThatWasTorn() throws IOException {
    SparseSource file = builder().build();
    LogWriter log = new LogWriter(file).sector(inFile(0), content(10, SECTOR)).write();
    int torn = log.position();
    log.sector(inFile(SECTOR), content(11, SECTOR)).write();
    file.put(VhdxBuilder.LOG + torn + SECTOR, new byte[SECTOR]);
    byte[] disk = before();
    put(disk, 0, content(10, SECTOR));
    assertReads(file, disk);
  }

  @Test
  void replaysOnlyFromTheTailOfTheHeadOn() throws IOException {
    SparseSource file = builder().build();
    LogWriter log = new LogWriter(file).sector(inFile(0), content(10, SECTOR)).write();
    int tail = log.position();
    log.tail(tail).sector(inFile(SECTOR), content(11, SECTOR)).write();
    log.sector(inFile(2 * SECTOR), content(12, SECTOR)).write();
    byte[] disk = before();
    put(disk, SECTOR, content(11, SECTOR));
    put(disk, 2 * SECTOR, content(12, SECTOR));
    try (DiskImage image = open(file)) {
      assertThat(read(image)).isEqualTo(disk);
    }
  }

  @Test
  void takesTheSequenceWithTheHighestNumber() throws IOException {
    SparseSource file = builder().build();
    LogWriter log = new LogWriter(file);
    log.at(0).sequenceNumber(30).sector(inFile(0), content(10, SECTOR)).write();
    log.at(64 << 10).sequenceNumber(-9).sector(inFile(SECTOR), content(11, SECTOR)).write();
    log.at(128 << 10).sequenceNumber(20).sector(inFile(SECTOR), content(12, SECTOR)).write();
    byte[] disk = before();
    put(disk, SECTOR, content(11, SECTOR));
    assertReads(file, disk);
  }

  @Test
  void leavesOutEntriesOfAnotherLog() throws IOException {
    SparseSource file = builder().build();
    new LogWriter(file).guid(new UUID(5, 5)).sector(inFile(0), content(10, SECTOR)).write();
    assertReads(file, before());
  }

  @Test
  void readsAnImageWhoseLogHasNoWholeEntry() throws IOException {
    SparseSource file = builder().build();
    new LogWriter(file).sector(inFile(0), content(10, SECTOR)).write();
    file.put(VhdxBuilder.LOG + 8 + SECTOR, new byte[] {1});
    assertReads(file, before());
  }

  @Test
  void replaysMoreDescriptorsThanOneSectorHolds() throws IOException {
    SparseSource file = builder().build();
    LogWriter log = new LogWriter(file);
    byte[] disk = before();
    for (int i = 0; i < 200; i++) {
      byte[] content = content(1000 + i, SECTOR);
      log.sector(inFile(i * 2 * SECTOR), content);
      put(disk, i * 2 * SECTOR, content);
    }
    log.write();
    // qemu 7.2 reads every sector of descriptors over the first one and refuses the file.
    try (DiskImage image = open(file)) {
      assertThat(read(image)).isEqualTo(disk);
    }
  }

  @Test
  void readsTheRegionTablesAndMetadataThroughTheLog() throws IOException {
    VhdxBuilder builder = builder();
    SparseSource file = builder.build();
    byte[] metadata = new byte[64 << 10];
    file.readFully(VhdxBuilder.METADATA, ByteBuffer.wrap(metadata));
    byte[] sector = Arrays.copyOf(metadata, SECTOR);
    file.put(VhdxBuilder.METADATA, new byte[SECTOR]);
    new LogWriter(file).sector(VhdxBuilder.METADATA, sector).write();
    try (DiskImage image = open(file)) {
      assertThat(read(image)).isEqualTo(before());
    }
  }

  @Test
  void readsAsZerosWhatTheLogMakesTheFileLongerByInWholeMiB() throws IOException {
    VhdxBuilder builder = builder();
    SparseSource file = builder.build();
    byte[] table = builder.entry(7, DATA + 4 * MIB | VhdxBuilder.PRESENT).tableSector(7);
    new LogWriter(file)
        .lastFileOffset(DATA + 5 * MIB - SECTOR)
        .sector(VhdxBuilder.TABLE, table)
        .write();
    assertReads(file, before());
  }

  @Test
  void splitsRunsOfZerosWhereLaterSectorsAndZerosLie() throws IOException {
    SparseSource file = builder().build();
    LogWriter log = new LogWriter(file);
    byte[] disk = before();
    log.zeros(inFile(0), 16 * SECTOR).write();
    log.sector(inFile(5 * SECTOR), content(20, SECTOR)).write();
    log.zeros(inFile(12 * SECTOR), 8 * SECTOR).write();
    log.zeros(inFile(4 * SECTOR), SECTOR).write();
    log.sector(inFile(0), content(21, SECTOR)).write();
    log.sector(inFile(19 * SECTOR), content(22, SECTOR)).write();
    put(disk, 0, new byte[20 * SECTOR]);
    put(disk, 0, content(21, SECTOR));
    put(disk, 5 * SECTOR, content(20, SECTOR));
    put(disk, 19 * SECTOR, content(22, SECTOR));
    assertReads(file, disk);
  }

  @Test
  void refusesAFileShorterThanItWasWhenTheLogWasWritten() {
    SparseSource file = builder().build();
    new LogWriter(file)
        .flushedFileOffset(file.size() + 1)
        .sector(inFile(0), content(10, SECTOR))
        .write();
    assertRefused(file, ErrorCode.IMAGE_TRUNCATED, "8388609");
  }

  @Test
  void refusesALogWhoseTailIsDamaged() {
    SparseSource file = builder().build();
    new LogWriter(file)
        .sector(inFile(0), content(10, SECTOR))
        .write()
        .sector(inFile(SECTOR), content(11, SECTOR))
        .write();
    file.put(VhdxBuilder.LOG + 100, new byte[] {1});
    assertRefused(file, ErrorCode.VHDX_LOG_INVALID, "tail at 1048576");
  }

  @Test
  void refusesALogThatWasCutOff() {
    SparseSource file = builder().build();
    new LogWriter(file).sector(inFile(0), content(10, SECTOR)).write();
    file.resize(VhdxBuilder.LOG + MIB - 1);
    assertRefused(file, ErrorCode.IMAGE_TRUNCATED, "a log of version 0 with 1048576 bytes");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, MIB + 4096, -MIB, Long.MAX_VALUE / MIB * MIB})
  void refusesALogThatCannotBeThere(long offset) {
    SparseSource file = builder().build();
    new LogWriter(file);
    VhdxBuilder.editSealed(file, VhdxBuilder.HEADER_1, 4096, header -> header.putLong(72, offset));
    assertRefused(file, ErrorCode.VHDX_LOG_INVALID, "at offset " + Long.toUnsignedString(offset));
  }

  @ParameterizedTest
  @ValueSource(ints = {4096, 65 * MIB, -MIB})
  void refusesALogOfAnAbsurdLength(int length) {
    SparseSource file = builder().build();
    new LogWriter(file);
    VhdxBuilder.editSealed(file, VhdxBuilder.HEADER_1, 4096, header -> header.putInt(68, length));
    assertRefused(file, ErrorCode.VHDX_LOG_INVALID, Integer.toUnsignedString(length) + " bytes");
  }

  @Test
  void readsAnImageWhoseLogHasNoLength() throws IOException {
    SparseSource file = builder().build();
    new LogWriter(file);
    VhdxBuilder.editSealed(file, VhdxBuilder.HEADER_1, 4096, header -> header.putInt(68, 0));
    assertReads(file, before());
  }

  @Test
  void refusesALogOfAnotherVersion() {
    SparseSource file = builder().build();
    new LogWriter(file);
    VhdxBuilder.editSealed(
        file, VhdxBuilder.HEADER_1, 4096, header -> header.putShort(64, (short) 1));
    assertRefused(file, ErrorCode.VHDX_LOG_INVALID, "version 1");
  }

  /** An entry of two sectors with one data descriptor, changed and sealed again. */
  private static SparseSource changedEntry(int offset, byte... bytes) {
    SparseSource file = builder().build();
    new LogWriter(file).sector(inFile(0), content(10, SECTOR)).write();
    byte[] entry = new byte[2 * SECTOR];
    ByteBuffer view = ByteBuffer.wrap(entry).order(ByteOrder.LITTLE_ENDIAN);
    VhdxBuilder.edit(file, VhdxBuilder.LOG, SECTOR, first -> view.put(0, VhdxBuilder.bytes(first)));
    VhdxBuilder.edit(
        file,
        VhdxBuilder.LOG + SECTOR,
        SECTOR,
        second -> view.put(SECTOR, VhdxBuilder.bytes(second)));
    view.put(offset, bytes);
    VhdxBuilder.seal(entry);
    file.put(VhdxBuilder.LOG, Arrays.copyOf(entry, SECTOR));
    return file.put(VhdxBuilder.LOG + SECTOR, Arrays.copyOfRange(entry, SECTOR, 2 * SECTOR));
  }

  @Test
  void refusesADescriptorOfNoKnownKind() {
    assertRefused(changedEntry(64, (byte) 'x'), ErrorCode.VHDX_LOG_INVALID, "descriptor");
  }

  @Test
  void refusesADescriptorOfAnotherEntry() {
    assertRefused(changedEntry(64 + 24, (byte) 6), ErrorCode.VHDX_LOG_INVALID, "descriptor");
  }

  @Test
  void refusesADescriptorThatIsNotAligned() {
    assertRefused(changedEntry(64 + 16, (byte) 1), ErrorCode.VHDX_LOG_INVALID, "descriptor");
  }

  @Test
  void refusesADescriptorBelowTheFile() {
    assertRefused(changedEntry(64 + 23, (byte) -1), ErrorCode.VHDX_LOG_INVALID, "descriptor");
  }

  @Test
  void refusesADataSectorWithoutItsSignature() {
    assertRefused(changedEntry(SECTOR, (byte) 'x'), ErrorCode.VHDX_LOG_INVALID, "data sector");
  }

  @ParameterizedTest
  @ValueSource(ints = {4, SECTOR - 4})
  void refusesADataSectorOfAnotherEntry(int offset) {
    assertRefused(
        changedEntry(SECTOR + offset, (byte) 99), ErrorCode.VHDX_LOG_INVALID, "another entry");
  }

  @Test
  void refusesMoreDataDescriptorsThanDataSectors() {
    SparseSource file = changedEntry(24, (byte) 2);
    VhdxBuilder.edit(
        file,
        VhdxBuilder.LOG,
        SECTOR,
        first -> first.put(96, Arrays.copyOfRange(VhdxBuilder.bytes(first), 64, 96)));
    byte[] entry = new byte[2 * SECTOR];
    VhdxBuilder.edit(
        file,
        VhdxBuilder.LOG,
        SECTOR,
        first -> System.arraycopy(VhdxBuilder.bytes(first), 0, entry, 0, SECTOR));
    VhdxBuilder.edit(
        file,
        VhdxBuilder.LOG + SECTOR,
        SECTOR,
        next -> System.arraycopy(VhdxBuilder.bytes(next), 0, entry, SECTOR, SECTOR));
    file.put(VhdxBuilder.LOG, Arrays.copyOf(VhdxBuilder.seal(entry), SECTOR));
    assertRefused(file, ErrorCode.VHDX_LOG_INVALID, "more data descriptors than data sectors");
  }

  @Test
  void refusesALogFullOfEntriesThatOverlapEachOther() throws IOException {
    // Every sector claims to be an entry as long as the log; its checksum is not looked at forever.
    VhdxBuilder builder = new VhdxBuilder(8 * MIB, MIB, 512);
    SparseSource file = builder.build();
    new LogWriter(file);
    int log = 32 * MIB;
    VhdxBuilder.editSealed(
        file, VhdxBuilder.HEADER_1, 4096, header -> header.putInt(68, log).putLong(72, 16 * MIB));
    ByteBuffer entry = VhdxBuilder.littleEndian(SECTOR);
    entry.put(0, new byte[] {'l', 'o', 'g', 'e'}).putInt(8, log).putLong(16, 5);
    entry.put(32, VhdxBuilder.guid(LogWriter.GUID));
    byte[] all = new byte[log];
    for (int at = 0; at < log; at += SECTOR) {
      put(all, at, VhdxBuilder.bytes(entry));
    }
    file.put(16 * MIB, all);
    assertRefused(file, ErrorCode.VHDX_LOG_INVALID, "too many that overlap");
  }

  @Test
  void refusesALogThatMakesTheFileLongerThanAnyFile() {
    SparseSource file = builder().build();
    new LogWriter(file).lastFileOffset(-1).sector(inFile(0), content(10, SECTOR)).write();
    assertRefused(file, ErrorCode.VHDX_LOG_INVALID, "18446744073709551615");
  }
}
