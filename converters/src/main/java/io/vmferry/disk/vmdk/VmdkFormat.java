package io.vmferry.disk.vmdk;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.DiskImageFormat;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * VMware's virtual disks ("Virtual Disk Format 5.0"): stream-optimized, monolithicSparse,
 * monolithicFlat, twoGbMaxExtentSparse and twoGbMaxExtentFlat, and any other mixture of flat,
 * sparse and zero extents.
 *
 * <p>What an extent is, its own header says; the {@code createType} of the descriptor and the file
 * names in an embedded descriptor are often wrong, and ignored.
 *
 * <p>Not read, and refused with a code of their own: delta disks ({@link
 * ErrorCode#VMDK_DELTA_UNSUPPORTED}), SEsparse ({@link ErrorCode#VMDK_SESPARSE_UNSUPPORTED}), VMFS
 * sparse ("COWD") and raw device mappings ({@link ErrorCode#VMDK_EXTENT_UNSUPPORTED}), grains of
 * more than 8 MiB ({@link ErrorCode#VMDK_HEADER_INVALID}).
 */
public final class VmdkFormat implements DiskImageFormat {
  private static final int PROBED_BYTES = Sectors.SIZE;

  @Override
  public DiskFormat format() {
    return DiskFormat.VMDK;
  }

  @Override
  public boolean probe(ByteSource source) throws IOException {
    return FileKind.of(start(source)) != FileKind.OTHER;
  }

  /**
   * {@inheritDoc}
   *
   * @throws VmferryException {@link ErrorCode#IMAGE_TRUNCATED}, {@link
   *     ErrorCode#IMAGE_FORMAT_UNKNOWN}, {@link ErrorCode#DISK_SIZE_ZERO}, {@link
   *     ErrorCode#DISK_SIZE_TOO_LARGE}, those of {@link ReferenceResolver}, or one of the VMDK
   *     codes
   */
  @Override
  public DiskImage open(ByteSource source, ReferenceResolver references) throws IOException {
    VmdkImage.Resources resources = new VmdkImage.Resources();
    resources.add(source);
    try {
      return new VmdkOpener(source, references, resources).open();
    } catch (Throwable failure) {
      try {
        resources.close();
      } catch (IOException e) {
        failure.addSuppressed(e);
      }
      throw failure;
    }
  }

  /** The file's first bytes: a sector, or as many as there are. */
  static ByteBuffer start(ByteSource source) throws IOException {
    ByteBuffer start = ByteBuffer.allocate((int) Math.min(PROBED_BYTES, source.size()));
    source.readFully(0, start);
    return start.flip().order(ByteOrder.LITTLE_ENDIAN);
  }
}
