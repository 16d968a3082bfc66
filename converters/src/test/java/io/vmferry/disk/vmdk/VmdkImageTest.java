package io.vmferry.disk.vmdk;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.DiskImageContract;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.Tools;
import io.vmferry.disk.format.DiskImageFormats;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.io.FileByteSource;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** The contract on what qemu-img writes, with what it reads back as the disk expected. */
class VmdkImageTest {
  // No multiple of the grain size, for the last grain's sake; more than one grain table.
  private static final int DISK_SIZE = (37 << 20) + 5 * 512;

  // The fixture is made once for all tests of a kind.
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  abstract static class QemuContract extends DiskImageContract {
    private final String subformat;
    private Path directory = Path.of("");

    QemuContract(String subformat) {
      this.subformat = subformat;
    }

    @BeforeAll
    void makeFixture(@TempDir Path temporary) throws IOException {
      directory = temporary;
      Path disk = directory.resolve("disk.raw");
      Files.write(disk, Disks.mixed(DISK_SIZE));
      Tools.run(
          "qemu-img",
          "convert",
          "-O",
          "vmdk",
          "-o",
          "subformat=" + subformat,
          disk.toString(),
          directory.resolve("disk.vmdk").toString());
      Tools.run(
          "qemu-img",
          "convert",
          "-O",
          "raw",
          directory.resolve("disk.vmdk").toString(),
          directory.resolve("expected.raw").toString());
    }

    @Override
    protected DiskImage openImage() throws IOException {
      return DiskImageFormats.open(
          FileByteSource.open(directory.resolve("disk.vmdk")),
          Optional.of(DiskFormat.VMDK),
          besideTheImage());
    }

    private ReferenceResolver besideTheImage() {
      return (_, reference) -> FileByteSource.open(directory.resolve(reference));
    }

    @Override
    protected ByteSource openExpected() throws IOException {
      return FileByteSource.open(directory.resolve("expected.raw"));
    }

    @Test
    void isTheDiskItWasMadeOf() throws IOException {
      assertThat(directory.resolve("expected.raw"))
          .hasSameBinaryContentAs(directory.resolve("disk.raw"));
    }
  }

  @Nested
  class StreamOptimized extends QemuContract {
    StreamOptimized() {
      super("streamOptimized");
    }
  }

  @Nested
  class MonolithicSparse extends QemuContract {
    MonolithicSparse() {
      super("monolithicSparse");
    }
  }

  @Nested
  class MonolithicFlat extends QemuContract {
    MonolithicFlat() {
      super("monolithicFlat");
    }
  }

  @Nested
  class TwoGbMaxExtentSparse extends QemuContract {
    TwoGbMaxExtentSparse() {
      super("twoGbMaxExtentSparse");
    }
  }

  @Nested
  class TwoGbMaxExtentFlat extends QemuContract {
    TwoGbMaxExtentFlat() {
      super("twoGbMaxExtentFlat");
    }
  }
}
