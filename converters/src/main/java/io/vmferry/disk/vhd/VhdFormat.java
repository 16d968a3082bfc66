package io.vmferry.disk.vhd;

import io.vmferry.disk.DiskFormat;
import io.vmferry.disk.DiskImage;
import io.vmferry.disk.DiskImageFormat;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.VirtualSize;
import io.vmferry.disk.block.BlockImage;
import io.vmferry.disk.block.FlatImage;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;

/**
 * VHD images, fixed and dynamic, of Virtual PC, Hyper-V, Azure, XenServer, VirtualBox and qemu.
 *
 * <ul>
 *   <li>The footer at the end must be whole, and the copy at the start of a dynamic disk the same;
 *       only a copy that is not there at all is done without. Everything else is {@link
 *       ErrorCode#VHD_FOOTER_INVALID}.
 *   <li>The disk's size is the footer's current size, or its geometry for the creators that mean
 *       the geometry, as qemu has it; in addition VirtualBox and Azure mean the current size.
 *   <li>The checksum of the dynamic disk header is not looked at, as old files have a wrong one.
 *   <li>The sector bitmaps in front of blocks are not looked at: an allocated block is data.
 *   <li>The mark of a saved state (a suspended machine) is not looked at: the disk is read as it
 *       was left.
 *   <li>Differencing disks are {@link ErrorCode#VHD_DIFFERENCING_UNSUPPORTED}.
 * </ul>
 */
public final class VhdFormat implements DiskImageFormat {

  @Override
  public DiskFormat format() {
    return DiskFormat.VHD;
  }

  @Override
  public boolean probe(ByteSource source) throws IOException {
    return VhdFooters.present(source);
  }

  /**
   * {@inheritDoc}
   *
   * @throws VmferryException {@link ErrorCode#VHD_FOOTER_INVALID}, {@link
   *     ErrorCode#VHD_HEADER_INVALID}, {@link ErrorCode#VHD_DIFFERENCING_UNSUPPORTED}, {@link
   *     ErrorCode#IMAGE_TRUNCATED}, {@link ErrorCode#DISK_SIZE_ZERO} or {@link
   *     ErrorCode#DISK_SIZE_TOO_LARGE}; reading the image can also throw {@link
   *     ErrorCode#VHD_BLOCK_ALLOCATION_TABLE_INVALID}
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
    VhdFooter footer = VhdFooters.read(source);
    footer.checkType(source.name());
    long virtualSize = VirtualSize.check(source.name(), footer.virtualSize());
    if (footer.type() == VhdFooter.FIXED) {
      if (virtualSize > footer.offset()) {
        throw new VmferryException(
            ErrorCode.IMAGE_TRUNCATED,
            "%s: the footer says a fixed disk of %d bytes, but there are %d bytes before the footer"
                .formatted(source.name(), virtualSize, footer.offset()));
      }
      return new FlatImage(DiskFormat.VHD, source, virtualSize);
    }
    DynamicHeader header = DynamicHeader.read(source, footer.dataOffset());
    VhdBlockTable table = new VhdBlockTable(source, header, virtualSize);
    return new BlockImage(
        DiskFormat.VHD, source, virtualSize, header.blockSize(), table, VhdBlockTable.ENTRY_BYTES);
  }
}
