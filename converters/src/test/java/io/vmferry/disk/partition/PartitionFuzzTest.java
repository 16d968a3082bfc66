package io.vmferry.disk.partition;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.io.ByteArraySource;
import io.vmferry.disk.raw.RawFormat;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.DiskFacts.Partition;
import java.io.IOException;

/** Hostile partition tables: they are read or refused, and no partition leaves the disk. */
class PartitionFuzzTest {
  private static final int GPT_BYTES = 2 * 512 + 128 * 128;

  /** Any bytes at all. */
  @FuzzTest(maxDuration = "2m")
  void readsAnyBytes(byte[] bytes) {
    read(bytes);
  }

  /** The entries of a GPT whose header is made valid. */
  @FuzzTest(maxDuration = "2m")
  void readsAnyGptEntries(byte[] bytes) {
    byte[] disk = new byte[GPT_BYTES + 4096];
    System.arraycopy(bytes, 0, disk, 1024, Math.min(bytes.length, 128 * 128));
    PartitionTableReaderTest.entry(disk, 0, 0, 0xee, 1, 33, 0);
    GptBuilder.seal(disk, 512);
    read(disk);
  }

  private static void read(byte[] bytes) {
    ByteArraySource source = new ByteArraySource("fuzz", bytes);
    try (DiskImage disk = new RawFormat().open(source, ReferenceResolver.REFUSE)) {
      for (Partition partition : PartitionTableReader.read(0, disk).facts().partitions()) {
        disk.checkRange(partition.start(), partition.bytes());
      }
    } catch (VmferryException | IOException expected) {
      return;
    }
  }
}
