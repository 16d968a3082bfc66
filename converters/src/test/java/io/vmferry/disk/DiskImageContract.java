package io.vmferry.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.disk.io.ByteSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** What every {@link DiskImage} must do; one subclass for each kind of image. */
public abstract class DiskImageContract {
  private static final int STEP = 1 << 20;
  private static final int RANDOM_READS = 300;

  /** Opens a new image on the fixture. */
  protected abstract DiskImage openImage() throws IOException;

  /** The disk the fixture holds, as an independent reader gives it. */
  protected abstract ByteSource openExpected() throws IOException;

  @Test
  void hasTheSizeOfTheDisk() throws IOException {
    try (DiskImage image = openImage();
        ByteSource expected = openExpected()) {
      assertThat(image.virtualSize()).isEqualTo(expected.size());
    }
  }

  @Test
  void readsTheWholeDisk() throws IOException {
    try (DiskImage image = openImage();
        ByteSource expected = openExpected()) {
      for (long offset = 0; offset < image.virtualSize(); offset += STEP) {
        int length = (int) Math.min(STEP, image.virtualSize() - offset);
        assertSame(image, expected, offset, length);
      }
    }
  }

  @Test
  void readsAtRandomOffsetsAndLengths() throws IOException {
    try (DiskImage image = openImage();
        ByteSource expected = openExpected()) {
      readRandomly(image, expected, new Random(42));
    }
  }

  @Test
  void readsFromManyThreadsAtOnce() throws Exception {
    try (DiskImage image = openImage();
        ByteSource expected = openExpected();
        ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> readers = new ArrayList<>();
      for (int seed = 0; seed < 8; seed++) {
        Random random = new Random(seed);
        readers.add(
            threads.submit(
                () -> {
                  readRandomly(image, expected, random);
                  return null;
                }));
      }
      for (Future<?> reader : readers) {
        reader.get();
      }
    }
  }

  @Test
  void extentsCoverTheDiskAndZeroExtentsReadAsZeros() throws IOException {
    try (DiskImage image = openImage()) {
      long offset = 0;
      while (offset < image.virtualSize()) {
        Extent extent = image.extentAt(offset, Long.MAX_VALUE);
        assertThat(extent.offset()).isEqualTo(offset);
        assertThat(extent.end()).isLessThanOrEqualTo(image.virtualSize());
        if (!extent.isData()) {
          assertZeros(image, extent);
        }
        offset = extent.end();
      }
      assertThat(offset).isEqualTo(image.virtualSize());
    }
  }

  @Test
  void plannedExtentsCallNothingEmptyThatHoldsData() throws IOException {
    try (DiskImage image = openImage()) {
      long offset = 0;
      while (offset < image.virtualSize()) {
        Extent extent = image.plannedExtentAt(offset, Long.MAX_VALUE);
        assertThat(extent.offset()).isEqualTo(offset);
        assertThat(extent.end()).isLessThanOrEqualTo(image.virtualSize());
        if (!extent.isData()) {
          assertZeros(image, extent);
        }
        offset = extent.end();
      }
      assertThat(offset).isEqualTo(image.virtualSize());
    }
  }

  @Test
  void extentsAreNoLongerThanAsked() throws IOException {
    try (DiskImage image = openImage()) {
      Random random = new Random(7);
      for (int i = 0; i < RANDOM_READS; i++) {
        long offset = random.nextLong(image.virtualSize());
        long maxLength = 1 + random.nextLong(1 << 22);
        Extent extent = image.extentAt(offset, maxLength);
        assertThat(extent.offset()).isEqualTo(offset);
        assertThat(extent.length()).isLessThanOrEqualTo(maxLength);
        assertThat(extent.end()).isLessThanOrEqualTo(image.virtualSize());
      }
    }
  }

  @Test
  void refusesRangesOutsideOfTheDisk() throws IOException {
    try (DiskImage image = openImage()) {
      long size = image.virtualSize();
      assertThatThrownBy(() -> image.readFully(size, ByteBuffer.allocate(1)))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> image.readFully(-1, ByteBuffer.allocate(1)))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> image.extentAt(size, 1))
          .isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> image.extentAt(0, 0)).isInstanceOf(IllegalArgumentException.class);
      assertThatThrownBy(() -> image.plannedExtentAt(-1, 1))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void closesTwiceWithoutComplaint() throws IOException {
    DiskImage image = openImage();
    image.close();
    image.close();
  }

  private static void readRandomly(DiskImage image, ByteSource expected, Random random)
      throws IOException {
    for (int i = 0; i < RANDOM_READS; i++) {
      long offset = random.nextLong(image.virtualSize());
      int length = (int) Math.min(1 + random.nextInt(200_000), image.virtualSize() - offset);
      assertSame(image, expected, offset, length);
    }
  }

  private static void assertZeros(DiskImage image, Extent extent) throws IOException {
    // The first and the last MiB: a whole zero extent may be TiBs.
    for (long offset :
        new long[] {extent.offset(), Math.max(extent.offset(), extent.end() - STEP)}) {
      int length = (int) Math.min(STEP, extent.end() - offset);
      ByteBuffer actual = ByteBuffer.allocate(length);
      image.readFully(offset, actual);
      assertThat(actual.flip().mismatch(ByteBuffer.allocate(length)))
          .as("first byte that is not zero in %d bytes at %d", length, offset)
          .isEqualTo(-1);
    }
  }

  private static void assertSame(DiskImage image, ByteSource expected, long offset, int length)
      throws IOException {
    ByteBuffer actual = ByteBuffer.allocate(length);
    image.readFully(offset, actual);
    ByteBuffer wanted = ByteBuffer.allocate(length);
    expected.readFully(offset, wanted);
    assertThat(actual.flip().mismatch(wanted.flip()))
        .as("first difference in %d bytes at %d", length, offset)
        .isEqualTo(-1);
  }
}
