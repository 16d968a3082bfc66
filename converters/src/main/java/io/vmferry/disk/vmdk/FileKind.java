package io.vmferry.disk.vmdk;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.nio.ByteBuffer;

/** What a file of a VMDK is, by its first bytes. */
enum FileKind {
  /** A hosted sparse extent, which may hold its own descriptor. */
  HOSTED_SPARSE,
  /** A descriptor in a file of its own. */
  DESCRIPTOR,
  /** A VMFS sparse extent, as redo logs on VMFS are. */
  VMFS_SPARSE,
  /** A space-efficient sparse extent. */
  SPACE_EFFICIENT_SPARSE,
  /** None of them; a flat extent may look like anything. */
  OTHER;

  /** "COWD", read as a little-endian number. */
  private static final int VMFS_SPARSE_MAGIC = 0x44574f43;

  private static final long SPACE_EFFICIENT_SPARSE_MAGIC = 0x0000_0000_cafe_babeL;

  /** The kind of the file that starts with these bytes, in a little-endian buffer. */
  static FileKind of(ByteBuffer start) {
    if (start.remaining() >= Integer.BYTES) {
      int magic = start.getInt(0);
      if (magic == SparseHeader.MAGIC) {
        return HOSTED_SPARSE;
      }
      if (magic == VMFS_SPARSE_MAGIC) {
        return VMFS_SPARSE;
      }
    }
    if (start.remaining() >= Long.BYTES && start.getLong(0) == SPACE_EFFICIENT_SPARSE_MAGIC) {
      return SPACE_EFFICIENT_SPARSE;
    }
    return VmdkDescriptor.isAt(start) ? DESCRIPTOR : OTHER;
  }

  /**
   * Refuses the kinds that are not read.
   *
   * @throws VmferryException {@link ErrorCode#VMDK_EXTENT_UNSUPPORTED} or {@link
   *     ErrorCode#VMDK_SESPARSE_UNSUPPORTED}
   */
  void refuseUnsupported(String name) {
    if (this == VMFS_SPARSE) {
      throw new VmferryException(
          ErrorCode.VMDK_EXTENT_UNSUPPORTED,
          "%s starts with 'COWD': it is a VMFS sparse extent, as snapshots make them"
              .formatted(name));
    }
    if (this == SPACE_EFFICIENT_SPARSE) {
      throw new VmferryException(
          ErrorCode.VMDK_SESPARSE_UNSUPPORTED,
          "%s starts with the SEsparse magic number 0xcafebabe".formatted(name));
    }
  }
}
