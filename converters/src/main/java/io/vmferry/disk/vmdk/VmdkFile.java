package io.vmferry.disk.vmdk;

import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.io.StructureReader;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Optional;

/**
 * What one file is to a VMDK disk that may have several, told from its first bytes and, where it is
 * a descriptor, from its text. The files that a descriptor names need not be there.
 */
public sealed interface VmdkFile {

  /**
   * A text that names the files with the disk's content.
   *
   * @param files the files' names, as they are spelled, each once
   */
  record Descriptor(List<String> files) implements VmdkFile {
    /** Copies the list. */
    public Descriptor {
      files = List.copyOf(files);
    }
  }

  /** A whole disk in one file. */
  record Whole() implements VmdkFile {}

  /** A part of a disk: a sparse extent that only a descriptor makes sense of. */
  record Part() implements VmdkFile {}

  /** No VMDK by its bytes; a flat extent may look like anything. */
  record Other() implements VmdkFile {}

  /**
   * Looks at a file. Reads at most 1 MiB, and where it is no descriptor a sector.
   *
   * @throws VmferryException {@link ErrorCode#VMDK_DESCRIPTOR_INVALID} if it is a descriptor that
   *     cannot be understood, {@link ErrorCode#VMDK_VERSION_UNSUPPORTED} or {@link
   *     ErrorCode#VMDK_HEADER_INVALID} if it is a sparse extent that cannot
   * @throws IOException if it cannot be read
   */
  static VmdkFile look(ByteSource source) throws IOException {
    return switch (FileKind.of(VmdkFormat.start(source))) {
      case DESCRIPTOR -> descriptor(source);
      case HOSTED_SPARSE -> sparse(source);
      case VMFS_SPARSE, SPACE_EFFICIENT_SPARSE -> new Whole();
      case OTHER -> new Other();
    };
  }

  private static VmdkFile descriptor(ByteSource source) throws IOException {
    if (source.size() > VmdkDescriptor.MAX_LENGTH) {
      throw VmdkDescriptor.invalid(
          source.name(),
          "%d bytes, at most %d are read".formatted(source.size(), VmdkDescriptor.MAX_LENGTH));
    }
    VmdkDescriptor descriptor =
        VmdkDescriptor.parse(
            source.name(),
            new StructureReader(source, ByteOrder.LITTLE_ENDIAN)
                .read("descriptor", 0, (int) source.size()),
            true);
    return new Descriptor(
        descriptor.extents().stream()
            .map(DescribedExtent::fileName)
            .flatMap(Optional::stream)
            .distinct()
            .toList());
  }

  private static VmdkFile sparse(ByteSource source) throws IOException {
    SparseHeader header = VmdkOpener.header(source);
    boolean described = header.descriptorOffset() > 0 && header.descriptorSize() > 0;
    return described || header.compressed() ? new Whole() : new Part();
  }
}
