package io.vmferry.disk.vhd;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.Extent;
import io.vmferry.disk.block.QemuImageContract;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** VHDs that qemu-img wrote, compared with what it reads from them. */
class QemuVhdTest {
  @TempDir static Path directory;

  abstract static class VhdContract extends QemuImageContract {
    VhdContract(long size, String options) {
      super(directory, DiskFormat.VHD, "vpc", size, options);
    }
  }

  @Nested
  class Dynamic extends VhdContract {
    Dynamic() {
      super(WHOLE_MIB, "subformat=dynamic");
    }

    @Test
    void hasHoles() throws IOException {
      assertThat(has(Extent.Kind.UNALLOCATED)).isTrue();
    }
  }

  @Nested
  class DynamicOfExactSize extends VhdContract {
    DynamicOfExactSize() {
      super(ODD, "subformat=dynamic,force_size=on");
    }
  }

  @Nested
  class Fixed extends VhdContract {
    Fixed() {
      super(WHOLE_MIB, "subformat=fixed");
    }
  }

  @Nested
  class FixedOfExactSize extends VhdContract {
    FixedOfExactSize() {
      super(ODD, "subformat=fixed,force_size=on");
    }
  }
}
