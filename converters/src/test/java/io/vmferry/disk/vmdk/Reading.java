package io.vmferry.disk.vmdk;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.Extent;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.io.ByteArraySource;
import io.vmferry.disk.io.ByteSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Reads small images whole. */
final class Reading {
  private Reading() {}

  /** The disk in the file, after its extents were scanned both ways. */
  static byte[] disk(byte[] file) throws IOException {
    return disk(new ByteArraySource("disk.vmdk", file), ReferenceResolver.REFUSE);
  }

  static byte[] disk(ByteSource source, ReferenceResolver references) throws IOException {
    try (DiskImage image = new VmdkFormat().open(source, references)) {
      extents(image);
      for (long offset = 0; offset < image.virtualSize(); ) {
        offset = image.plannedExtentAt(offset, Long.MAX_VALUE).end();
      }
      ByteBuffer disk = ByteBuffer.allocate((int) image.virtualSize());
      image.readFully(0, disk);
      return disk.array();
    }
  }

  /** All of an image's extents. */
  static List<Extent> extents(DiskImage image) throws IOException {
    List<Extent> extents = new ArrayList<>();
    for (long offset = 0; offset < image.virtualSize(); ) {
      Extent extent = image.extentAt(offset, Long.MAX_VALUE);
      extents.add(extent);
      offset = extent.end();
    }
    return extents;
  }
}
