package io.vmferry.disk.ova;

import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.io.StructureReader;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteOrder;
import java.util.Optional;

/** An OVF descriptor with its files beside it, rather than in an archive. */
public final class OvfPackage implements MachinePackage {
  private final ByteSource ovf;
  private final ReferenceResolver files;
  private final Optional<Manifest> manifest;
  private final VirtualSystem system;

  private OvfPackage(ByteSource ovf, ReferenceResolver files) throws IOException {
    this.ovf = ovf;
    this.files = files;
    String base = FileNames.base(ovf.name());
    byte[] xml = content(ovf, OvfParser.MAX_LENGTH, ErrorCode.OVF_INVALID);
    this.manifest = readManifest(FileNames.withoutSuffix(base) + ".mf");
    manifest.ifPresent(digests -> digests.verify(base, xml));
    VirtualSystem described = OvfParser.parse(ovf.name(), xml);
    this.system = PackageFiles.resolve(described, ovf.name(), this::find);
  }

  /**
   * Opens a descriptor, and each of its disks' files once to see that it is there.
   *
   * @param ovf the descriptor's bytes; belongs to the package from here on, and is closed even when
   *     opening fails. The last part of its name is the name its manifest has for it
   * @param files opens the files beside it; is asked for plain names only
   * @throws VmferryException what {@link OvaArchive#open} throws for its OVF and its manifest
   * @throws IOException if a file cannot be read
   */
  public static OvfPackage open(ByteSource ovf, ReferenceResolver files) throws IOException {
    try {
      if (ovf.size() == 0) {
        throw new VmferryException(ErrorCode.IMAGE_EMPTY, "%s has 0 bytes".formatted(ovf.name()));
      }
      return new OvfPackage(ovf, files);
    } catch (Throwable failure) {
      ovf.close();
      throw failure;
    }
  }

  @Override
  public VirtualSystem virtualSystem() {
    return system;
  }

  @Override
  public Optional<Manifest> manifest() {
    return manifest;
  }

  @Override
  public ByteSource openDisk(OvfDisk disk) throws IOException {
    String name = PackageFiles.fileNameOf(disk);
    return resolve(name).orElseThrow(() -> PackageFiles.missing(ovf.name(), name));
  }

  @Override
  public ReferenceResolver resolver() {
    return (image, reference) -> {
      if (!FileNames.isPlain(reference)) {
        throw PackageFiles.refused(image, reference);
      }
      return files.resolve(image, reference);
    };
  }

  @Override
  public void close() throws IOException {
    ovf.close();
  }

  /** The name under which there is a file: as the OVF has it, or percent-decoded. */
  private String find(String href) throws IOException {
    String literal = FileNames.normalize(href);
    if (exists(literal)) {
      return literal;
    }
    Optional<String> decoded = FileNames.percentDecoded(literal);
    if (decoded.isPresent() && exists(decoded.get())) {
      return decoded.get();
    }
    throw PackageFiles.missing(ovf.name(), href);
  }

  private boolean exists(String name) throws IOException {
    if (!FileNames.isPlain(name)) {
      throw PackageFiles.refused(ovf.name(), name);
    }
    Optional<ByteSource> file = resolve(name);
    if (file.isPresent()) {
      file.get().close();
    }
    return file.isPresent();
  }

  /** A file; empty if there is none. */
  private Optional<ByteSource> resolve(String name) throws IOException {
    try {
      return Optional.of(files.resolve(ovf.name(), name));
    } catch (VmferryException e) {
      if (e.code() == ErrorCode.REFERENCE_MISSING) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private Optional<Manifest> readManifest(String name) throws IOException {
    Optional<ByteSource> found;
    try {
      found = resolve(name);
    } catch (VmferryException e) {
      // Who gives the disks alone gives no manifest.
      if (e.code() == ErrorCode.REFERENCE_REFUSED) {
        return Optional.empty();
      }
      throw e;
    }
    if (found.isEmpty()) {
      return Optional.empty();
    }
    try (ByteSource source = found.get()) {
      byte[] content = content(source, Manifest.MAX_LENGTH, ErrorCode.OVA_MANIFEST_INVALID);
      return Optional.of(Manifest.parse(source.name(), content));
    }
  }

  private static byte[] content(ByteSource source, int limit, ErrorCode code) throws IOException {
    if (source.size() > limit) {
      throw new VmferryException(
          code,
          "%s has %d bytes; at most %d are read".formatted(source.name(), source.size(), limit));
    }
    return new StructureReader(source, ByteOrder.BIG_ENDIAN)
        .read(source.name(), 0, (int) source.size())
        .array();
  }
}
