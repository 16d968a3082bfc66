package io.vmferry.disk.filesystem;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.io.ByteArraySource;
import io.vmferry.disk.raw.RawFormat;
import io.vmferry.error.VmferryException;
import java.io.IOException;

/** Hostile superblocks: whatever they say, something or nothing is recognised. */
class ContentFuzzTest {

  /** Any bytes, as one partition. */
  @FuzzTest(maxDuration = "2m")
  void looksAtAnyBytes(byte[] bytes) {
    look(bytes);
  }

  /** Any bytes where the superblocks of ext, JFS, ISO 9660 and Btrfs are. */
  @FuzzTest(maxDuration = "2m")
  void looksAtAnySuperblock(byte[] bytes) {
    byte[] disk = new byte[0x20000];
    for (int at : new int[] {1024, 4096, 0x8000, 0x10000}) {
      System.arraycopy(bytes, 0, disk, at, Math.min(bytes.length, 4096));
    }
    look(disk);
  }

  private static void look(byte[] bytes) {
    ByteArraySource source = new ByteArraySource("fuzz", bytes);
    try (DiskImage disk = new RawFormat().open(source, ReferenceResolver.REFUSE)) {
      ContentProbe.probe(disk, 0, disk.virtualSize());
    } catch (VmferryException | IOException expected) {
      return;
    }
  }
}
