package io.vmferry.disk.block;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.DiskImageContract;
import io.vmferry.disk.Extent;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.format.DiskImageFormats;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.io.FileByteSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** An image that qemu-img wrote, compared with what it reads from it. */
public abstract class QemuImageContract extends DiskImageContract {
  /** A disk of a whole number of MiB. */
  protected static final long WHOLE_MIB = 50L << 20;

  /** No multiple of a block size, nor of a cylinder. */
  protected static final long ODD = (41L << 20) + 512 * 77;

  private final QemuImages images;
  private final DiskFormat format;
  private final String qemuFormat;
  private final long size;
  private final String options;

  /**
   * An image in {@code directory}, where those with the same parameters share it.
   *
   * @param format what it is found to be
   * @param qemuFormat what qemu-img calls that
   * @param size the disk's size in bytes
   * @param options as qemu-img's {@code -o} takes them
   */
  protected QemuImageContract(
      Path directory, DiskFormat format, String qemuFormat, long size, String options) {
    this.images = new QemuImages(directory);
    this.format = format;
    this.qemuFormat = qemuFormat;
    this.size = size;
    this.options = options;
  }

  private Path image() throws IOException {
    return images.convert(images.rawDisk(size), qemuFormat, options);
  }

  @Override
  protected final DiskImage openImage() throws IOException {
    return DiskImageFormats.open(
        FileByteSource.open(image()), Optional.empty(), ReferenceResolver.REFUSE);
  }

  @Override
  protected final ByteSource openExpected() throws IOException {
    return FileByteSource.open(images.read(image(), qemuFormat));
  }

  @Test
  void isFoundToBeOfItsFormat() throws IOException {
    try (DiskImage image = openImage()) {
      assertThat(image.format()).isEqualTo(format);
    }
  }

  @Test
  void hasADirectoryThatIsInOrder() throws IOException {
    try (DiskImage image = openImage()) {
      image.checkDirectory();
    }
  }

  /** Whether the disk has an extent of that kind. */
  protected final boolean has(Extent.Kind kind) throws IOException {
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
