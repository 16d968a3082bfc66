package io.vmferry.disk.raw;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.DiskImageFormat;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.VirtualSize;
import io.vmferry.disk.block.FlatImage;
import io.vmferry.disk.io.ByteSource;
import java.io.IOException;

/** Raw images. They have no mark, so they are never found by probing, only opened when declared. */
public final class RawFormat implements DiskImageFormat {
  private static final int SECTOR = 512;

  @Override
  public DiskFormat format() {
    return DiskFormat.RAW;
  }

  @Override
  public boolean probe(ByteSource source) {
    return false;
  }

  @Override
  public DiskImage open(ByteSource source, ReferenceResolver references) throws IOException {
    try {
      // A file whose length is no whole number of sectors is read as if the last sector were filled
      // with zeros.
      long size = Math.ceilDiv(source.size(), SECTOR) * SECTOR;
      return new FlatImage(DiskFormat.RAW, source, VirtualSize.check(source.name(), size));
    } catch (Throwable failure) {
      source.close();
      throw failure;
    }
  }
}
