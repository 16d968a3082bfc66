package io.vmferry.disk.ova;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Reads OVF descriptors of versions 0.9, 1.x and 2.x, as VMware, VirtualBox, Microsoft and Citrix
 * write them.
 */
public final class OvfParser {
  /** The longest descriptor that is read, in bytes: 8 MiB. */
  public static final int MAX_LENGTH = 8 << 20;

  private static final int MAX_NAME = 255;

  private OvfParser() {}

  /**
   * The machine an OVF describes. Nothing is opened: file names are as the OVF has them.
   *
   * @param name the descriptor's name, for messages and for a machine that has none
   * @param xml the descriptor's bytes, in any encoding
   * @throws VmferryException {@link ErrorCode#OVF_INVALID}, {@link ErrorCode#OVF_XML_UNSAFE},
   *     {@link ErrorCode#OVF_SEVERAL_SYSTEMS}, {@link ErrorCode#OVF_DELTA_UNSUPPORTED}, {@link
   *     ErrorCode#OVF_COMPRESSION_UNSUPPORTED}
   */
  public static VirtualSystem parse(String name, byte[] xml) {
    if (xml.length > MAX_LENGTH) {
      throw invalid(name, "it has %d bytes, more than %d".formatted(xml.length, MAX_LENGTH));
    }
    XmlElement envelope = XmlReader.read(name, xml);
    if (!envelope.name().equals("Envelope")) {
      throw invalid(
          name,
          "its first element is '%s', not 'Envelope'".formatted(Messages.shorten(envelope.name())));
    }
    XmlElement system = onlySystem(name, envelope);
    List<XmlElement> hardware = sections(system, "VirtualHardwareSection").toList();
    // Several sections are alternatives for different hypervisors.
    Hardware devices =
        hardware.stream()
            .map(Hardware::of)
            .filter(Hardware::attachesAnything)
            .findFirst()
            .orElseGet(() -> hardware.isEmpty() ? Hardware.NONE : Hardware.of(hardware.getFirst()));
    DiskSection disks = DiskSection.of(name, envelope);
    List<OvfDisk> ordered = DeviceOrder.disks(devices, disks);
    ordered.forEach(disk -> disks.checkImportable(disk.diskId()));
    FirmwareSettings firmware = FirmwareSettings.of(system, hardware);
    return new VirtualSystem(
        systemName(name, system, hardware),
        ordered,
        firmware.firmware(),
        firmware.secureBoot(),
        firmware.tpm());
  }

  /** The sections of a kind: OVF 0.9 has {@code <Section xsi:type="ovf:DiskSection_Type">}. */
  static Stream<XmlElement> sections(XmlElement parent, String kind) {
    return parent.children().stream().filter(child -> isOfKind(child, "Section", kind));
  }

  private static boolean isOfKind(XmlElement element, String generic, String kind) {
    if (element.name().equals(kind)) {
      return true;
    }
    String type = element.attribute("type").orElse("").strip();
    return element.name().equals(generic)
        && type.substring(type.indexOf(':') + 1).equals(kind + "_Type");
  }

  private static XmlElement onlySystem(String name, XmlElement envelope) {
    List<XmlElement> systems = systems(envelope).limit(2).toList();
    return switch (systems.size()) {
      case 0 -> throw invalid(name, "it describes no VirtualSystem");
      case 1 -> systems.getFirst();
      default ->
          throw new VmferryException(
              ErrorCode.OVF_SEVERAL_SYSTEMS,
              "%s describes '%s', '%s' and perhaps more"
                  .formatted(
                      name,
                      systemName(name, systems.get(0), List.of()),
                      systemName(name, systems.get(1), List.of())));
    };
  }

  private static Stream<XmlElement> systems(XmlElement parent) {
    return parent.children().stream()
        .flatMap(
            child -> {
              if (isOfKind(child, "Content", "VirtualSystem")) {
                return Stream.of(child);
              }
              return isOfKind(child, "Content", "VirtualSystemCollection")
                  ? systems(child)
                  : Stream.empty();
            });
  }

  private static String systemName(String file, XmlElement system, List<XmlElement> hardware) {
    String found =
        system
            .childText("Name")
            .or(() -> system.attribute("id"))
            .filter(text -> !text.isBlank())
            .or(
                () ->
                    hardware.stream()
                        .flatMap(section -> section.children("System"))
                        .flatMap(data -> data.childText("VirtualSystemIdentifier").stream())
                        .findFirst())
            .orElseGet(() -> FileNames.withoutSuffix(FileNames.base(file)));
    String line = Messages.onOneLine(found.strip(), MAX_NAME).strip();
    return Optional.of(line).filter(text -> !text.isEmpty()).orElse("machine");
  }

  private static VmferryException invalid(String name, String what) {
    return new VmferryException(ErrorCode.OVF_INVALID, name + ": " + what);
  }
}
