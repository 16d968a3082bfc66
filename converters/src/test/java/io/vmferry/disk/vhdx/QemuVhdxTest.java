package io.vmferry.disk.vhdx;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.Extent;
import io.vmferry.disk.block.QemuImageContract;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** VHDX images that qemu-img wrote, compared with what it reads from them. */
class QemuVhdxTest {
  @TempDir static Path directory;

  abstract static class VhdxContract extends QemuImageContract {
    VhdxContract(long size, String options) {
      super(directory, DiskFormat.VHDX, "vhdx", size, options);
    }
  }

  @Nested
  class Dynamic extends VhdxContract {
    Dynamic() {
      super(WHOLE_MIB, "subformat=dynamic");
    }
  }

  @Nested
  class DynamicOfOddSizeInSmallBlocks extends VhdxContract {
    DynamicOfOddSizeInSmallBlocks() {
      super(ODD, "subformat=dynamic,block_size=1M,block_state_zero=on");
    }

    @Test
    void hasZeroBlocks() throws IOException {
      assertThat(has(Extent.Kind.ZERO)).isTrue();
    }
  }

  @Nested
  class DynamicWithoutZeroState extends VhdxContract {
    DynamicWithoutZeroState() {
      super(ODD, "subformat=dynamic,block_size=1M,block_state_zero=off");
    }

    @Test
    void hasUnallocatedBlocks() throws IOException {
      assertThat(has(Extent.Kind.UNALLOCATED)).isTrue();
    }
  }

  @Nested
  class DynamicSmallerThanABlock extends VhdxContract {
    DynamicSmallerThanABlock() {
      super(5L << 20, "subformat=dynamic,block_size=32M");
    }
  }

  @Nested
  class Fixed extends VhdxContract {
    Fixed() {
      super(ODD, "subformat=fixed");
    }
  }

  @Nested
  class FixedInLargeBlocks extends VhdxContract {
    FixedInLargeBlocks() {
      super(WHOLE_MIB, "subformat=fixed,block_size=256M");
    }
  }
}
