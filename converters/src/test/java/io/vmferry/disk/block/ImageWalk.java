package io.vmferry.disk.block;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.DiskImageFormat;
import io.vmferry.disk.Extent;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;

/** Opens hostile images and reads them here and there. */
public final class ImageWalk {
  private static final int MAX_EXTENTS = 200;
  private static final int READ = 8192;

  private ImageWalk() {}

  /**
   * Opens an image, walks over its extents and reads at their borders. Whatever is wrong with the
   * image may show as a {@link VmferryException} or an {@link IOException} only.
   *
   * @return whether the image was read to its end
   */
  public static boolean walk(DiskImageFormat format, ByteSource source) {
    try {
      format.probe(source);
      try (DiskImage image = format.open(source, ReferenceResolver.REFUSE)) {
        walk(image);
        return true;
      }
    } catch (VmferryException | IOException expected) {
      return false;
    }
  }

  private static void walk(DiskImage image) throws IOException {
    long at = 0;
    for (int i = 0; i < MAX_EXTENTS && at < image.virtualSize(); i++) {
      Extent planned = image.plannedExtentAt(at, Long.MAX_VALUE);
      Extent extent = image.extentAt(at, planned.length());
      read(image, extent.offset());
      read(image, Math.max(0, extent.end() - READ / 2));
      at = extent.end();
    }
    read(image, Math.max(0, image.virtualSize() - READ));
  }

  private static void read(DiskImage image, long offset) throws IOException {
    int length = (int) Math.min(READ, image.virtualSize() - offset);
    image.readFully(offset, ByteBuffer.allocate(length));
  }
}
