package io.vmferry.disk.vhdx;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.DiskImageFormat;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.block.BlockImage;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.io.StructureReader;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/**
 * VHDX images, fixed and dynamic, with 512 or 4096-byte sectors and blocks of 1 to 256 MiB, of
 * Hyper-V, disk2vhd and qemu.
 *
 * <p>A file that was not closed properly is read as it would be after its log is replayed; nothing
 * is written to it. Differencing disks are {@link ErrorCode#VHDX_DIFFERENCING_UNSUPPORTED}.
 */
public final class VhdxFormat implements DiskImageFormat {
  /** {@code vhdxfile} in ASCII. */
  private static final long SIGNATURE = 0x7668647866696C65L;

  @Override
  public DiskFormat format() {
    return DiskFormat.VHDX;
  }

  @Override
  public boolean probe(ByteSource source) throws IOException {
    return source.size() >= Long.BYTES && hasSignature(source);
  }

  /**
   * {@inheritDoc}
   *
   * @throws VmferryException {@link ErrorCode#VHDX_HEADER_INVALID}, {@link
   *     ErrorCode#VHDX_LOG_INVALID}, {@link ErrorCode#VHDX_REGION_TABLE_INVALID}, {@link
   *     ErrorCode#VHDX_METADATA_INVALID}, {@link ErrorCode#VHDX_DIFFERENCING_UNSUPPORTED}, {@link
   *     ErrorCode#IMAGE_TRUNCATED}, {@link ErrorCode#DISK_SIZE_ZERO} or {@link
   *     ErrorCode#DISK_SIZE_TOO_LARGE}; opening and reading also {@link
   *     ErrorCode#VHDX_BLOCK_ALLOCATION_TABLE_INVALID}
   */
  @Override
  public DiskImage open(ByteSource source, ReferenceResolver references) throws IOException {
    try {
      return open(source);
    } catch (Throwable failure) {
      source.close();
      throw failure;
    }
  }

  private static DiskImage open(ByteSource source) throws IOException {
    if (!hasSignature(source)) {
      throw new VmferryException(
          ErrorCode.VHDX_HEADER_INVALID,
          "%s does not start with 'vhdxfile'".formatted(source.name()));
    }
    VhdxHeader header = VhdxHeader.current(source);
    ByteSource file = VhdxLog.replay(source, header);
    RegionTable regions = RegionTable.read(file);
    VhdxMetadata metadata = VhdxMetadata.read(file, regions.metadata());
    List<Region> structures = new ArrayList<>();
    structures.add(Region.HEADERS);
    structures.add(regions.blockAllocationTable());
    structures.add(regions.metadata());
    if (Region.isAligned(header.logOffset(), header.logLength())) {
      structures.add(new Region("log", header.logOffset(), header.logLength()));
    }
    VhdxBlockTable table =
        new VhdxBlockTable(file, regions.blockAllocationTable(), structures, metadata);
    return new BlockImage(
        DiskFormat.VHDX,
        file,
        metadata.virtualSize(),
        metadata.blockSize(),
        table,
        VhdxBlockTable.ENTRY_BYTES);
  }

  private static boolean hasSignature(ByteSource source) throws IOException {
    return new StructureReader(source, ByteOrder.BIG_ENDIAN)
            .read("VHDX file identifier", 0, Long.BYTES)
            .getLong(0)
        == SIGNATURE;
  }
}
