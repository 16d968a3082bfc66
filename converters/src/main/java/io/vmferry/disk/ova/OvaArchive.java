package io.vmferry.disk.ova;

import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.io.ByteSource;
import io.vmferry.disk.io.SliceByteSource;
import io.vmferry.disk.io.StructureReader;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * An OVA: an OVF descriptor, its manifest and its files in one tar archive (DSP0243). The order of
 * the members does not matter.
 *
 * <p>Opening reads the tar headers, the OVF and the manifest, and nothing of the disks: an archive
 * of any size costs a few small reads. An open archive holds what the OVF says and a few numbers
 * for each member.
 */
public final class OvaArchive implements MachinePackage {
  private static final int GZIP_MAGIC = 0x1f8b;

  private final ByteSource source;
  private final Map<String, Member> members = new LinkedHashMap<>();
  private final String folder;
  private final Optional<Manifest> manifest;
  private final VirtualSystem system;

  private OvaArchive(ByteSource source) throws IOException {
    this.source = source;
    TarScanner.scan(source).forEach(member -> members.put(member.name(), member));
    Member ovf = onlyOvf();
    this.folder = FileNames.folder(ovf.name());
    byte[] xml = content(ovf, OvfParser.MAX_LENGTH, ErrorCode.OVF_INVALID);
    this.manifest = readManifest(ovf);
    manifest.ifPresent(digests -> digests.verify(ovf.name(), xml));
    VirtualSystem described = OvfParser.parse(display(ovf.name()), xml);
    this.system = PackageFiles.resolve(described, source.name(), href -> member(href).name());
  }

  /**
   * A regular file in the archive.
   *
   * @param name its name, without a leading {@code ./}
   * @param offset where its first byte is in the archive
   * @param size its length in bytes
   */
  public record Member(String name, long offset, long size) {}

  /**
   * Whether the bytes start with the header of a tar archive: its magic, and a checksum that fits.
   *
   * @throws IOException if the source cannot be read
   */
  public static boolean probe(ByteSource source) throws IOException {
    if (source.size() < TarHeader.BLOCK) {
      return false;
    }
    byte[] block = new byte[TarHeader.BLOCK];
    source.readFully(0, ByteBuffer.wrap(block));
    return TarHeader.isPlausible(block);
  }

  /**
   * Opens an archive.
   *
   * @param source the archive's bytes; belongs to the archive from here on, and is closed even when
   *     opening fails
   * @throws VmferryException {@link ErrorCode#IMAGE_EMPTY}, {@link ErrorCode#IMAGE_TRUNCATED},
   *     {@link ErrorCode#OVA_TAR_INVALID}, {@link ErrorCode#OVA_MEMBER_NAME_UNSAFE}, {@link
   *     ErrorCode#OVA_WITHOUT_OVF}, {@link ErrorCode#OVA_SEVERAL_OVFS}, {@link
   *     ErrorCode#OVA_MANIFEST_INVALID}, {@link ErrorCode#OVA_MANIFEST_MISMATCH} if the OVF is not
   *     what the manifest promises, {@link ErrorCode#OVF_FILE_MISSING}, {@link
   *     ErrorCode#OVF_WITHOUT_DISK}, {@link ErrorCode#REFERENCE_REFUSED} if the OVF names a file
   *     outside of the archive, and what {@link OvfParser#parse} throws
   * @throws IOException if the source cannot be read
   */
  public static OvaArchive open(ByteSource source) throws IOException {
    try {
      checkNotEmptyOrCompressed(source);
      return new OvaArchive(source);
    } catch (Throwable failure) {
      source.close();
      throw failure;
    }
  }

  /** The regular files in the archive, in its order. */
  public List<Member> members() {
    return List.copyOf(members.values());
  }

  /**
   * Opens a member by its name in {@link #members()}. Closing it leaves the archive open.
   *
   * @throws VmferryException {@link ErrorCode#OVF_FILE_MISSING} if there is none of that name
   */
  public ByteSource openMember(String name) {
    Member member = members.get(name);
    if (member == null) {
      throw PackageFiles.missing(source.name(), name);
    }
    return slice(member);
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
  public ByteSource openDisk(OvfDisk disk) {
    return openMember(PackageFiles.fileNameOf(disk));
  }

  @Override
  public ReferenceResolver resolver() {
    return (image, reference) -> {
      if (!FileNames.isPlain(reference)) {
        throw PackageFiles.refused(image, reference);
      }
      return Optional.ofNullable(members.get(folder + reference))
          .or(() -> Optional.ofNullable(members.get(reference)))
          .map(this::slice)
          .orElseThrow(
              () ->
                  new VmferryException(
                      ErrorCode.REFERENCE_MISSING,
                      "%s names the file '%s', which is not in %s"
                          .formatted(image, Messages.shorten(reference), source.name())));
    };
  }

  @Override
  public void close() throws IOException {
    source.close();
  }

  private static void checkNotEmptyOrCompressed(ByteSource source) throws IOException {
    if (source.size() == 0) {
      throw new VmferryException(ErrorCode.IMAGE_EMPTY, "%s has 0 bytes".formatted(source.name()));
    }
    if (source.size() >= 2) {
      ByteBuffer magic = new StructureReader(source, ByteOrder.BIG_ENDIAN).read("magic", 0, 2);
      if ((magic.getShort() & 0xffff) == GZIP_MAGIC) {
        throw new VmferryException(
            ErrorCode.OVF_COMPRESSION_UNSUPPORTED,
            "%s is compressed as a whole, with gzip".formatted(source.name()));
      }
    }
  }

  private Member onlyOvf() {
    List<Member> found = withSuffix(".ovf");
    return switch (found.size()) {
      case 0 ->
          throw new VmferryException(
              ErrorCode.OVA_WITHOUT_OVF,
              "%s has %d members, none of them named *.ovf"
                  .formatted(source.name(), members.size()));
      case 1 -> found.getFirst();
      default ->
          throw new VmferryException(
              ErrorCode.OVA_SEVERAL_OVFS,
              "%s has '%s' and '%s'"
                  .formatted(
                      source.name(),
                      Messages.shorten(found.get(0).name()),
                      Messages.shorten(found.get(1).name())));
    };
  }

  /** The manifest has the OVF's name; where it has not, there must be but one. */
  private Optional<Manifest> readManifest(Member ovf) throws IOException {
    String expected = FileNames.withoutSuffix(ovf.name()) + ".mf";
    List<Member> all = withSuffix(".mf");
    Optional<Member> found =
        all.stream()
            .filter(member -> member.name().equalsIgnoreCase(expected))
            .findFirst()
            .or(() -> all.stream().findFirst().filter(only -> all.size() == 1));
    if (found.isEmpty() && !all.isEmpty()) {
      throw new VmferryException(
          ErrorCode.OVA_MANIFEST_INVALID,
          "%s has %d manifests, none of them named '%s'"
              .formatted(source.name(), all.size(), Messages.shorten(expected)));
    }
    if (found.isEmpty()) {
      return Optional.empty();
    }
    byte[] content = content(found.get(), Manifest.MAX_LENGTH, ErrorCode.OVA_MANIFEST_INVALID);
    return Optional.of(
        Manifest.parse(display(found.get().name()), content)
            .renamed(file -> find(file).map(Member::name).orElse(file)));
  }

  private List<Member> withSuffix(String suffix) {
    // macOS puts its own "._name" beside every file.
    return members.values().stream()
        .filter(member -> member.name().toLowerCase(Locale.ROOT).endsWith(suffix))
        .filter(member -> !FileNames.base(member.name()).startsWith("._"))
        .toList();
  }

  private byte[] content(Member member, int limit, ErrorCode code) throws IOException {
    if (member.size() > limit) {
      throw new VmferryException(
          code,
          "%s has %d bytes; at most %d are read"
              .formatted(display(member.name()), member.size(), limit));
    }
    return new StructureReader(source, ByteOrder.BIG_ENDIAN)
        .read(member.name(), member.offset(), (int) member.size())
        .array();
  }

  private Member member(String href) {
    return find(href)
        .orElseThrow(
            () -> {
              // Not even looked for outside of the archive.
              if (FileNames.isUnsafe(href) || href.contains("://")) {
                return PackageFiles.refused(source.name(), href);
              }
              return PackageFiles.missing(source.name(), href);
            });
  }

  /** The member a name means: beside the OVF or from the top, as it is or percent-decoded. */
  private Optional<Member> find(String name) {
    String literal = FileNames.normalize(name);
    return Optional.ofNullable(members.get(folder + literal))
        .or(() -> Optional.ofNullable(members.get(literal)))
        .or(() -> FileNames.percentDecoded(literal).map(decoded -> members.get(folder + decoded)))
        .or(() -> FileNames.percentDecoded(literal).map(decoded -> members.get(decoded)));
  }

  private ByteSource slice(Member member) {
    return new SliceByteSource(display(member.name()), source, member.offset(), member.size());
  }

  private String display(String member) {
    return source.name() + ":" + Messages.shorten(member);
  }
}
