package io.vmferry.disk.raw;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.DiskImageContract;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.io.ByteArraySource;
import io.vmferry.disk.io.ByteSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RawImageTest extends DiskImageContract {
  private static final byte[] DISK = new byte[3 << 20];

  static {
    new Random(1).nextBytes(DISK);
  }

  @Override
  protected DiskImage openImage() throws IOException {
    return new RawFormat().open(new ByteArraySource("disk.raw", DISK), ReferenceResolver.REFUSE);
  }

  @Override
  protected ByteSource openExpected() {
    return new ByteArraySource("expected", DISK);
  }

  @Test
  void readsAFileWithAPartialLastSectorAsIfPaddedWithZeros() throws IOException {
    byte[] partial = Arrays.copyOf(DISK, 1000);
    try (DiskImage image =
        new RawFormat().open(new ByteArraySource("partial", partial), ReferenceResolver.REFUSE)) {
      assertThat(image.virtualSize()).isEqualTo(1024);
      ByteBuffer all = ByteBuffer.allocate(1024);
      image.readFully(0, all);
      assertThat(all.array()).isEqualTo(Arrays.copyOf(partial, 1024));
    }
  }
}
