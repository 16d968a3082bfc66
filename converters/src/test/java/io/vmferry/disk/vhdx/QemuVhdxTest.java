package io.vmferry.disk.vhdx;

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

/** VHDX images that qemu-img wrote, compared with what it reads from them. */
class QemuVhdxTest {
  private static final long WHOLE_MIB = 50L << 20;

  /** No multiple of the block size. */
  private static final long ODD = (41L << 20) + 512 * 77;

  @TempDir static Path directory;

  private static Path image(long size, String options) throws IOException {
    QemuImages images = new QemuImages(directory);
    return images.convert(images.rawDisk(size), "vhdx", options);
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
      return FileByteSource.open(new QemuImages(directory).read(image(size, options), "vhdx"));
    }

    @Test
    void isVhdx() throws IOException {
      try (DiskImage image = openImage()) {
        assertThat(image.format()).isEqualTo(DiskFormat.VHDX);
      }
    }

    boolean has(Extent.Kind kind) throws IOException {
      try (DiskImage image = openImage()) {
        for (long at = 0; at < image.virtualSize(); ) {
          Extent extent = image.extentAt(at, Long.MAX_VALUE);
          if (extent.kind() == kind) {
            return true;
          }
          at = extent.end();
        }
        return false;
      }
    }
  }

  @Nested
  class Dynamic extends QemuContract {
    Dynamic() {
      super(WHOLE_MIB, "subformat=dynamic");
    }
  }

  @Nested
  class DynamicOfOddSizeInSmallBlocks extends QemuContract {
    DynamicOfOddSizeInSmallBlocks() {
      super(ODD, "subformat=dynamic,block_size=1M,block_state_zero=on");
    }

    @Test
    void hasZeroBlocks() throws IOException {
      assertThat(has(Extent.Kind.ZERO)).isTrue();
    }
  }

  @Nested
  class DynamicWithoutZeroState extends QemuContract {
    DynamicWithoutZeroState() {
      super(ODD, "subformat=dynamic,block_size=1M,block_state_zero=off");
    }

    @Test
    void hasUnallocatedBlocks() throws IOException {
      assertThat(has(Extent.Kind.UNALLOCATED)).isTrue();
    }
  }

  @Nested
  class DynamicSmallerThanABlock extends QemuContract {
    DynamicSmallerThanABlock() {
      super(5L << 20, "subformat=dynamic,block_size=32M");
    }
  }

  @Nested
  class Fixed extends QemuContract {
    Fixed() {
      super(ODD, "subformat=fixed");
    }
  }

  @Nested
  class FixedInLargeBlocks extends QemuContract {
    FixedInLargeBlocks() {
      super(WHOLE_MIB, "subformat=fixed,block_size=256M");
    }
  }
}
