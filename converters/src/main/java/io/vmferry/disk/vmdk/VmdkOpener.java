package io.vmferry.disk.vmdk;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.io.StructureReader;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Opens one image: the descriptor, wherever it is, and its extents. */
final class VmdkOpener {
  private final ByteSource source;
  private final ReferenceResolver references;
  private final VmdkImage.Resources resources;
  private final Map<String, ByteSource> files = new HashMap<>();

  VmdkOpener(ByteSource source, ReferenceResolver references, VmdkImage.Resources resources) {
    this.source = source;
    this.references = references;
    this.resources = resources;
  }

  DiskImage open() throws IOException {
    FileKind kind = FileKind.of(VmdkFormat.start(source));
    kind.refuseUnsupported(source.name());
    return switch (kind) {
      case HOSTED_SPARSE -> openSparse();
      case DESCRIPTOR -> openDescriptor();
      case VMFS_SPARSE, SPACE_EFFICIENT_SPARSE, OTHER ->
          throw new VmferryException(
              ErrorCode.IMAGE_FORMAT_UNKNOWN,
              "%s (%d bytes) is no VMDK".formatted(source.name(), source.size()));
    };
  }

  private DiskImage openSparse() throws IOException {
    SparseHeader header = header(source);
    Optional<VmdkDescriptor> embedded = embeddedDescriptor(source, header);
    if (header.capacity() == 0 && embedded.filter(VmdkOpener::isElsewhere).isPresent()) {
      // A descriptor in the clothes of a sparse extent: the data is elsewhere.
      return openExtents(embedded.orElseThrow());
    }
    header.validate(source.name());
    embedded.ifPresent(this::checkSelfContained);
    if (embedded.isEmpty() && !header.compressed()) {
      throw new VmferryException(
          ErrorCode.VMDK_DESCRIPTOR_INVALID,
          "%s is a sparse extent without descriptor, a part of a disk that a .vmdk text file describes; that file is needed"
              .formatted(source.name()));
    }
    return image(List.of(resources.add(SparseExtent.open(source, header, header.capacity()))));
  }

  private static boolean isElsewhere(VmdkDescriptor descriptor) {
    return !descriptor.extents().isEmpty()
        && descriptor.extents().stream().noneMatch(extent -> extent.type().equals("SPARSE"));
  }

  /** The extent's name is ignored, for files get renamed; but it must be the only extent. */
  private void checkSelfContained(VmdkDescriptor descriptor) {
    if (descriptor.extents().size() > 1) {
      throw VmdkDescriptor.invalid(
          source.name(),
          "%d extents, expected 1 in a sparse extent of its own"
              .formatted(descriptor.extents().size()));
    }
  }

  private DiskImage openDescriptor() throws IOException {
    if (source.size() > VmdkDescriptor.MAX_LENGTH) {
      throw VmdkDescriptor.invalid(
          source.name(),
          "%d bytes, at most %d are read".formatted(source.size(), VmdkDescriptor.MAX_LENGTH));
    }
    ByteBuffer text =
        new StructureReader(source, ByteOrder.LITTLE_ENDIAN)
            .read("descriptor", 0, (int) source.size());
    VmdkDescriptor descriptor = VmdkDescriptor.parse(source.name(), text, true);
    descriptor.refuseParent(source.name());
    return openExtents(descriptor);
  }

  private DiskImage openExtents(VmdkDescriptor descriptor) throws IOException {
    if (descriptor.extents().isEmpty()) {
      throw VmdkDescriptor.invalid(source.name(), "no extents");
    }
    List<VmdkExtent> extents = new ArrayList<>();
    for (DescribedExtent described : descriptor.extents()) {
      VmdkExtent extent = openExtent(described);
      if (extent.size() > 0) {
        extents.add(extent);
      }
    }
    return image(extents);
  }

  private DiskImage image(List<VmdkExtent> extents) {
    return new VmdkImage(source.name(), extents, resources);
  }

  private VmdkExtent openExtent(DescribedExtent described) throws IOException {
    return switch (described.type()) {
      case "ZERO" -> new ZeroExtent(Sectors.toBytes(described.sectors()));
      case "FLAT", "VMFS" ->
          described.access() == DescribedExtent.Access.NOACCESS
              ? inaccessible(described)
              : new FlatExtent(file(described), described.offset(), described.sectors());
      case "SPARSE" ->
          described.access() == DescribedExtent.Access.NOACCESS
              ? inaccessible(described)
              : openSparseExtent(described);
      case "SESPARSE" -> throw unsupported(ErrorCode.VMDK_SESPARSE_UNSUPPORTED, described);
      default -> throw unsupported(ErrorCode.VMDK_EXTENT_UNSUPPORTED, described);
    };
  }

  /** The machine cannot read it, so there is nothing in it to import. */
  private static VmdkExtent inaccessible(DescribedExtent described) {
    return new ZeroExtent(Sectors.toBytes(described.sectors()));
  }

  private VmferryException unsupported(ErrorCode code, DescribedExtent described) {
    return new VmferryException(
        code,
        "%s: the descriptor has an extent of type %s (%d sectors), expected FLAT, SPARSE, ZERO or VMFS"
            .formatted(source.name(), described.type(), described.sectors()));
  }

  private VmdkExtent openSparseExtent(DescribedExtent described) throws IOException {
    ByteSource file = file(described);
    FileKind kind = FileKind.of(VmdkFormat.start(file));
    kind.refuseUnsupported(file.name());
    if (kind != FileKind.HOSTED_SPARSE) {
      throw new VmferryException(
          ErrorCode.VMDK_HEADER_INVALID,
          "%s: the descriptor %s calls it a sparse extent, but it does not start with 'KDMV'"
              .formatted(file.name(), source.name()));
    }
    SparseHeader header = header(file);
    embeddedDescriptor(file, header);
    header.validate(file.name());
    if (described.offset() != 0 || header.capacity() < described.sectors()) {
      throw VmdkDescriptor.invalid(
          source.name(),
          "a sparse extent of %d sectors from sector %d on, but %s holds %d sectors"
              .formatted(described.sectors(), described.offset(), file.name(), header.capacity()));
    }
    return resources.add(SparseExtent.open(file, header, described.sectors()));
  }

  private ByteSource file(DescribedExtent described) throws IOException {
    String name =
        described
            .fileName()
            .filter(given -> !given.isBlank())
            .orElseThrow(
                () ->
                    VmdkDescriptor.invalid(
                        source.name(),
                        "a %s extent without a file name".formatted(described.type())));
    ByteSource known = files.get(name);
    if (known != null) {
      return known;
    }
    ByteSource opened = resources.add(references.resolve(source.name(), name));
    files.put(name, opened);
    return opened;
  }

  static SparseHeader header(ByteSource file) throws IOException {
    return SparseHeader.parse(
        new StructureReader(file, ByteOrder.LITTLE_ENDIAN)
            .read("sparse extent header", 0, SparseHeader.LENGTH));
  }

  /**
   * The descriptor inside a sparse extent; empty if there is none.
   *
   * @throws VmferryException {@link ErrorCode#VMDK_DELTA_UNSUPPORTED} if it has a parent
   */
  private static Optional<VmdkDescriptor> embeddedDescriptor(ByteSource file, SparseHeader header)
      throws IOException {
    if (header.descriptorOffset() == 0 || header.descriptorSize() == 0) {
      return Optional.empty();
    }
    long length = Sectors.toBytes(header.descriptorSize());
    if (length > VmdkDescriptor.MAX_LENGTH) {
      throw VmdkDescriptor.invalid(
          file.name(),
          "%s sectors, at most %d bytes are read"
              .formatted(
                  Long.toUnsignedString(header.descriptorSize()), VmdkDescriptor.MAX_LENGTH));
    }
    ByteBuffer text =
        new StructureReader(file, ByteOrder.LITTLE_ENDIAN)
            .read("embedded descriptor", Sectors.toBytes(header.descriptorOffset()), (int) length);
    VmdkDescriptor descriptor = VmdkDescriptor.parse(file.name(), text, false);
    descriptor.refuseParent(file.name());
    return Optional.of(descriptor);
  }
}
