package io.vmferry.disk.ova;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** An OVF's disks and the files they are in: {@code DiskSection} and {@code References}. */
final class DiskSection {
  private final String name;
  private final Map<String, XmlElement> files;
  private final Map<String, XmlElement> elements;
  private final Map<String, OvfDisk> disks = new LinkedHashMap<>();
  private final Map<String, OvfDisk> disksByFile = new HashMap<>();

  private DiskSection(String name, XmlElement envelope) {
    this.name = name;
    this.files =
        byId(
            OvfParser.sections(envelope, "References").flatMap(section -> section.children("File")),
            "id");
    this.elements =
        byId(
            OvfParser.sections(envelope, "DiskSection")
                .flatMap(section -> section.children("Disk")),
            "diskId");
    Map<String, String> properties = properties(envelope);
    elements.forEach(
        (id, element) -> {
          OvfDisk disk = disk(id, element, properties);
          disks.put(id, disk);
          fileRef(element).ifPresent(file -> disksByFile.putIfAbsent(file, disk));
        });
  }

  /** The disks of an OVF, attached to nothing yet. */
  static DiskSection of(String name, XmlElement envelope) {
    return new DiskSection(name, envelope);
  }

  /** All disks, in the section's order. */
  Collection<OvfDisk> disks() {
    return disks.values();
  }

  /**
   * The disk a device's {@code HostResource} names: {@code ovf:/disk/id}, {@code /disk/id}, {@code
   * ovf://disk/id}, {@code disk/id} or the bare id; {@code ovf:/file/id} for a file that may be a
   * disk's. Empty if it names something else.
   *
   * @throws VmferryException {@link ErrorCode#OVF_INVALID} if there is no such disk or file
   */
  Optional<OvfDisk> named(String hostResource) {
    String path = hostResource.strip();
    if (path.regionMatches(true, 0, "ovf:", 0, 4)) {
      path = path.substring(4);
    }
    int start = 0;
    while (start < path.length() && path.charAt(start) == '/') {
      start++;
    }
    path = path.substring(start);
    if (path.startsWith("disk/")) {
      String id = path.substring("disk/".length());
      return Optional.of(
          Optional.ofNullable(disks.get(id))
              .orElseThrow(() -> invalid("a device names the disk '%s', which is not there", id)));
    }
    if (path.startsWith("file/")) {
      return Optional.of(ofFile(path.substring("file/".length())));
    }
    return Optional.ofNullable(disks.get(path));
  }

  /**
   * Refuses what would be imported as something else than it is.
   *
   * @throws VmferryException {@link ErrorCode#OVF_DELTA_UNSUPPORTED}, {@link
   *     ErrorCode#OVF_COMPRESSION_UNSUPPORTED}
   */
  void checkImportable(String diskId) {
    Optional<XmlElement> disk = Optional.ofNullable(elements.get(diskId));
    disk.flatMap(element -> element.attribute("parentRef"))
        .filter(parent -> !parent.isBlank())
        .ifPresent(
            parent -> {
              throw new VmferryException(
                  ErrorCode.OVF_DELTA_UNSUPPORTED,
                  "%s: disk '%s' is based on disk '%s'"
                      .formatted(name, Messages.shorten(diskId), Messages.shorten(parent)));
            });
    String fileId = disk.flatMap(DiskSection::fileRef).orElse(diskId);
    Optional.ofNullable(files.get(fileId)).ifPresent(this::checkWhole);
  }

  private void checkWhole(XmlElement file) {
    String compression = file.attribute("compression").orElse("").strip();
    if (!compression.isEmpty() && !compression.toLowerCase(Locale.ROOT).equals("identity")) {
      throw notWhole(file, "is compressed with " + Messages.shorten(compression));
    }
    String chunkSize = file.attribute("chunkSize").orElse("").strip();
    if (!chunkSize.isEmpty() && !chunkSize.equals("0")) {
      throw notWhole(file, "is cut into chunks of %s bytes".formatted(Messages.shorten(chunkSize)));
    }
  }

  private VmferryException notWhole(XmlElement file, String how) {
    return new VmferryException(
        ErrorCode.OVF_COMPRESSION_UNSUPPORTED,
        "%s: the file '%s' %s"
            .formatted(name, Messages.shorten(file.attribute("href").orElse("")), how));
  }

  private OvfDisk disk(String id, XmlElement element, Map<String, String> properties) {
    OptionalLong capacity =
        Capacity.parse(
            element.attribute("capacity").orElse(""),
            element.attribute("capacityAllocationUnits").orElse(""),
            properties);
    return unattached(id, fileRef(element).map(this::href), capacity, element.attribute("format"));
  }

  /** The disk that is in a file, or the file as a disk of its own. */
  private OvfDisk ofFile(String fileId) {
    String href = href(fileId);
    return Optional.ofNullable(disksByFile.get(fileId))
        .orElseGet(
            () -> unattached(fileId, Optional.of(href), OptionalLong.empty(), Optional.empty()));
  }

  private static OvfDisk unattached(
      String id, Optional<String> fileName, OptionalLong capacity, Optional<String> format) {
    return new OvfDisk(id, fileName, capacity, OvfDisk.Controller.NONE, -1, -1, format);
  }

  private static Optional<String> fileRef(XmlElement disk) {
    return disk.attribute("fileRef").map(String::strip).filter(ref -> !ref.isEmpty());
  }

  private String href(String fileId) {
    XmlElement file = files.get(fileId);
    if (file == null) {
      throw invalid("a disk or device names the file '%s', which is not in References", fileId);
    }
    return file.attribute("href")
        .filter(href -> !href.isBlank())
        .orElseThrow(() -> invalid("the file '%s' has no href", fileId));
  }

  private Map<String, XmlElement> byId(Stream<XmlElement> all, String attribute) {
    Map<String, XmlElement> byId = new LinkedHashMap<>();
    all.forEach(
        element -> {
          String id =
              element
                  .attribute(attribute)
                  .map(String::strip)
                  .orElseThrow(() -> invalid("an element '%s' has no id", element.name()));
          if (byId.putIfAbsent(id, element) != null) {
            throw invalid("two elements have the id '%s'", id);
          }
        });
    return byId;
  }

  private static Map<String, String> properties(XmlElement envelope) {
    Map<String, String> properties = new HashMap<>();
    envelope
        .descendants()
        .filter(element -> element.name().equals("Property"))
        .forEach(
            property ->
                property
                    .attribute("key")
                    .ifPresent(
                        key ->
                            properties.putIfAbsent(key, property.attribute("value").orElse(""))));
    return properties;
  }

  private VmferryException invalid(String what, String id) {
    return new VmferryException(
        ErrorCode.OVF_INVALID, name + ": " + what.formatted(Messages.shorten(id)));
  }
}
