package io.vmferry.disk.ova;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The devices of one {@code VirtualHardwareSection} that matter to disks. Devices are CIM resource
 * allocation setting data; {@code ResourceType} is from the CIM schema's list.
 */
final class Hardware {
  /** No devices. */
  static final Hardware NONE = new Hardware(List.of());

  private static final Set<String> ITEMS = Set.of("Item", "StorageItem");

  /** XenServer's place of a disk. */
  private static final Pattern DEVICE_NUMBER = Pattern.compile("device=([0-9]{1,4})(?![0-9])");

  private final List<Device> devices;
  private final Map<String, Device> byInstance = new HashMap<>();

  private Hardware(List<Device> devices) {
    this.devices = devices;
    devices.forEach(device -> byInstance.putIfAbsent(device.instanceId(), device));
  }

  /**
   * One device.
   *
   * @param position its place in the section
   * @param instanceId its id, by which children name their parent
   * @param type the CIM resource type; 0 if there is none
   * @param subType the resource subtype in lower case
   * @param parent the instance id of the device it is attached to
   * @param addressOnParent its place there
   * @param address its own number, such as that of a bus
   * @param hostResources what it is backed by
   */
  record Device(
      int position,
      String instanceId,
      int type,
      String subType,
      Optional<String> parent,
      OptionalInt addressOnParent,
      OptionalInt address,
      List<String> hostResources) {

    private static final int OTHER_STORAGE = 20;

    /** Whether disks can be attached to it, and as what. */
    Optional<OvfDisk.Controller> controller() {
      return switch (type) {
        case 5 -> Optional.of(OvfDisk.Controller.IDE);
        case 6, 7, 8, 9 -> Optional.of(OvfDisk.Controller.SCSI);
        case OTHER_STORAGE -> Optional.of(otherStorage());
        default -> Optional.empty();
      };
    }

    /** Whether it is a drive for removable media: what is in it is no disk of the machine. */
    boolean isRemovable() {
      return type == 14 || type == 15 || type == 16 || subType.contains("dvd");
    }

    /** A place on its parent, by whichever element the writer uses. */
    OptionalInt place() {
      return addressOnParent.isPresent() ? addressOnParent : address;
    }

    private OvfDisk.Controller otherStorage() {
      if (subType.contains("nvme")) {
        return OvfDisk.Controller.NVME;
      }
      // VirtualBox: LsiLogicSAS, VirtioSCSI.
      return subType.contains("scsi") || subType.contains("sas")
          ? OvfDisk.Controller.SCSI
          : OvfDisk.Controller.SATA;
    }
  }

  static Hardware of(XmlElement section) {
    List<Device> devices = new ArrayList<>();
    for (XmlElement item : section.children()) {
      // Items with a bound are the ends of a range, not devices.
      String bound = item.attribute("bound").orElse("normal");
      if (ITEMS.contains(item.name()) && bound.equals("normal")) {
        devices.add(device(devices.size(), item));
      }
    }
    return new Hardware(devices);
  }

  List<Device> devices() {
    return devices;
  }

  boolean attachesAnything() {
    return devices.stream().anyMatch(device -> !device.hostResources().isEmpty());
  }

  /** The device of that instance id. */
  Optional<Device> device(String instanceId) {
    return Optional.ofNullable(byInstance.get(instanceId));
  }

  private static Device device(int position, XmlElement item) {
    OptionalInt onParent = number(item.childText("AddressOnParent"));
    return new Device(
        position,
        // OVF 0.9 spells it InstanceId.
        item.childText("InstanceID").or(() -> item.childText("InstanceId")).orElse(""),
        number(item.childText("ResourceType")).orElse(0),
        item.childText("ResourceSubType").orElse("").toLowerCase(Locale.ROOT),
        item.childText("Parent"),
        onParent.isPresent() ? onParent : connectedAs(item),
        number(item.childText("Address")),
        item.children("HostResource")
            .map(XmlElement::text)
            .filter(resource -> !resource.isEmpty())
            .toList());
  }

  private static OptionalInt connectedAs(XmlElement item) {
    Matcher matcher = DEVICE_NUMBER.matcher(item.childText("Connection").orElse(""));
    return matcher.find() ? number(Optional.ofNullable(matcher.group(1))) : OptionalInt.empty();
  }

  private static OptionalInt number(Optional<String> text) {
    // Nine digits always fit; no address or type has as many.
    return text.filter(
            digits -> digits.length() <= 9 && digits.chars().allMatch(c -> c >= '0' && c <= '9'))
        .map(digits -> OptionalInt.of(Integer.parseInt(digits)))
        .orElse(OptionalInt.empty());
  }
}
