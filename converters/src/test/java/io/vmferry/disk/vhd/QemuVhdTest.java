package io.vmferry.disk.vhd;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.DiskImageContract;
import io.vmferry.disk.Extent;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.block.QemuImages;
import io.vmferry.disk.format.DiskImageFormats;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.io.FileByteSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** VHDs that qemu-img wrote, compared with what it reads from them. */
class QemuVhdTest {
  private static final long WHOLE_MIB = 50L << 20;

  /** No multiple of the block size, nor of a cylinder. */
  private static final long ODD = (41L << 20) + 512 * 77;

  @TempDir static Path directory;

  private static Path image(long size, String options) throws IOException {
    QemuImages images = new QemuImages(directory);
    return images.convert(images.rawDisk(size), "vpc", options);
  }

  abstract static class QemuContract extends DiskImageContract {
    private final long size;
    private final String options;

    QemuContract(long size, String options) {
      this.size = size;
      this.options = options;
    }

    @Override
    protected DiskImage openImage() throws IOException {
      return DiskImageFormats.open(
          FileByteSource.open(image(size, options)), Optional.empty(), ReferenceResolver.REFUSE);
    }

    @Override
    protected ByteSource openExpected() throws IOException {
      return FileByteSource.open(new QemuImages(directory).read(image(size, options), "vpc"));
    }

    @Test
    void isVhd() throws IOException {
      try (DiskImage image = openImage()) {
        assertThat(image.format()).isEqualTo(DiskFormat.VHD);
      }
    }
  }

  @Nested
  class Dynamic extends QemuContract {
    Dynamic() {
      super(WHOLE_MIB, "subformat=dynamic");
    }

    @Test
    void hasHoles() throws IOException {
      try (DiskImage image = openImage()) {
        boolean hole = false;
        for (long at = 0; at < image.virtualSize(); ) {
          Extent extent = image.extentAt(at, Long.MAX_VALUE);
          hole |= extent.kind() == Extent.Kind.UNALLOCATED;
          at = extent.end();
        }
        assertThat(hole).isTrue();
      }
    }
  }

  @Nested
  class DynamicOfExactSize extends QemuContract {
    DynamicOfExactSize() {
      super(ODD, "subformat=dynamic,force_size=on");
    }
  }

  @Nested
  class Fixed extends QemuContract {
    Fixed() {
      super(WHOLE_MIB, "subformat=fixed");
    }
  }

  @Nested
  class FixedOfExactSize extends QemuContract {
    FixedOfExactSize() {
      super(ODD, "subformat=fixed,force_size=on");
    }
  }
}
