package io.vmferry.disk.vmdk;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.Extent;
import io.vmferry.disk.io.ByteArraySource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Whatever the bytes are: an image, or an exception of ours. Run with {@code JAZZER_FUZZ=1} to
 * fuzz; otherwise the committed inputs are run, which {@link VmdkBuilder} made.
 */
class VmdkFuzzTest {
  private static final int EXTENTS = 50;

  @FuzzTest(maxDuration = "5m")
  void opensScansAndReadsOrRefuses(byte[] file) throws IOException {
    VmdkFormat format = new VmdkFormat();
    ByteArraySource source = new ByteArraySource("fuzz.vmdk", file);
    format.probe(source);
    try (DiskImage image =
        format.open(source, (_, name) -> new ByteArraySource(name, extentFile(file)))) {
      long offset = 0;
      for (int i = 0; i < EXTENTS && offset < image.virtualSize(); i++) {
        Extent extent = image.extentAt(offset, 1L << 32);
        read(image, extent.offset(), 100_000);
        read(image, Math.max(0, extent.end() - 700), 1400);
        offset = extent.end();
      }
      offset = 0;
      for (int i = 0; i < EXTENTS && offset < image.virtualSize(); i++) {
        offset = image.plannedExtentAt(offset, 1L << 32).end();
      }
    } catch (VmferryException expected) {
      if (expected.code().category() != ErrorCode.Category.USER) {
        throw expected;
      }
    }
  }

  /** What a descriptor names: the input's second half, so that both can be fuzzed. */
  private static byte[] extentFile(byte[] file) {
    return Arrays.copyOfRange(file, file.length / 2, file.length);
  }

  private static void read(DiskImage image, long offset, int length) throws IOException {
    image.readFully(
        offset, ByteBuffer.allocate((int) Math.min(length, image.virtualSize() - offset)));
  }
}
