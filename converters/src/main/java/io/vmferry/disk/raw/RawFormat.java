package io.vmferry.disk.raw;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.DiskImageFormat;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.io.ByteSource;
import java.io.IOException;

/** Raw images. They have no mark, so they are never found by probing, only opened when declared. */
public final class RawFormat implements DiskImageFormat {

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
      return new RawImage(source);
    } catch (Throwable failure) {
      source.close();
      throw failure;
    }
  }
}
