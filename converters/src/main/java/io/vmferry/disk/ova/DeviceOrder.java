package io.vmferry.disk.ova;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Puts disks into the order in which a machine sees them, which the order of the {@code
 * DiskSection} is not: by kind of controller, controller, and place on the controller.
 */
final class DeviceOrder {
  /** A drive on a controller, and a medium in a drive: more levels there are not. */
  private static final int MAX_PARENTS = 4;

  /** Behind all the others. */
  private static final Controller UNKNOWN =
      new Controller(OvfDisk.Controller.NONE, -1, Integer.MAX_VALUE);

  private final Hardware hardware;
  private final Map<String, Controller> controllers = new HashMap<>();

  private DeviceOrder(Hardware hardware) {
    this.hardware = hardware;
    Map<OvfDisk.Controller, Integer> counts = new EnumMap<>(OvfDisk.Controller.class);
    int rank = 0;
    for (Hardware.Device device : controllersInOrder(hardware)) {
      int index = counts.merge(kind(device), 1, Integer::sum) - 1;
      controllers.putIfAbsent(device.instanceId(), new Controller(kind(device), index, rank));
      rank++;
    }
  }

  /** A controller at its place among those of its kind, and among all. */
  private record Controller(OvfDisk.Controller kind, int index, int rank) {}

  /** A disk at its place. */
  private record Attached(OvfDisk disk, int controllerRank, int position) {
    int place() {
      return disk.addressOnParent() < 0 ? Integer.MAX_VALUE : disk.addressOnParent();
    }
  }

  /**
   * The machine's disks: attached ones in device order, then the others as the section has them.
   * Media of removable drives are none.
   */
  static List<OvfDisk> disks(Hardware hardware, DiskSection section) {
    return new DeviceOrder(hardware).order(section);
  }

  private List<OvfDisk> order(DiskSection section) {
    Map<String, Attached> attached = new LinkedHashMap<>();
    Set<String> removable = new HashSet<>();
    for (Hardware.Device device : hardware.devices()) {
      for (String resource : device.hostResources()) {
        if (device.isRemovable()) {
          section.named(resource).ifPresent(medium -> removable.add(medium.diskId()));
        } else {
          section
              .named(resource)
              .ifPresent(disk -> attached.putIfAbsent(disk.diskId(), attach(device, disk)));
        }
      }
    }
    List<OvfDisk> disks = new ArrayList<>();
    attached.values().stream()
        .sorted(
            Comparator.comparingInt(Attached::controllerRank)
                .thenComparingInt(Attached::place)
                .thenComparingInt(Attached::position))
        .forEach(one -> disks.add(one.disk()));
    section.disks().stream()
        .filter(disk -> !attached.containsKey(disk.diskId()))
        .filter(disk -> !removable.contains(disk.diskId()) && !isIso(disk))
        .forEach(disks::add);
    return disks;
  }

  private Attached attach(Hardware.Device device, OvfDisk disk) {
    // Microsoft attaches the disk to a drive and the drive to the controller.
    Hardware.Device drive = device;
    Optional<Hardware.Device> parent = parent(drive);
    for (int i = 0; i < MAX_PARENTS && parent.isPresent(); i++) {
      Controller controller = controllers.get(parent.get().instanceId());
      if (controller != null) {
        return attached(disk, controller, drive, device.position());
      }
      drive = parent.get();
      parent = parent(drive);
    }
    return attached(disk, UNKNOWN, device, device.position());
  }

  private static Attached attached(
      OvfDisk disk, Controller controller, Hardware.Device drive, int position) {
    int place = drive.place().orElse(-1);
    OvfDisk at =
        new OvfDisk(
            disk.diskId(),
            disk.fileName(),
            disk.capacity(),
            controller.kind(),
            controller.index(),
            place,
            disk.formatUri());
    return new Attached(at, controller.rank(), position);
  }

  private Optional<Hardware.Device> parent(Hardware.Device device) {
    return device.parent().flatMap(hardware::device);
  }

  /**
   * Kinds by their first controller's id; within a kind by bus number, for VMware lists IDE 1
   * before IDE 0.
   */
  private static List<Hardware.Device> controllersInOrder(Hardware hardware) {
    List<Hardware.Device> controllers =
        hardware.devices().stream().filter(device -> device.controller().isPresent()).toList();
    Map<OvfDisk.Controller, Long> first = new EnumMap<>(OvfDisk.Controller.class);
    controllers.forEach(
        controller -> first.merge(kind(controller), instanceNumber(controller), Math::min));
    return controllers.stream()
        .sorted(
            Comparator.comparingLong(
                    (Hardware.Device controller) ->
                        first.getOrDefault(kind(controller), Long.MAX_VALUE))
                .thenComparing(DeviceOrder::kind)
                .thenComparingInt(controller -> controller.address().orElse(Integer.MAX_VALUE))
                .thenComparingLong(DeviceOrder::instanceNumber)
                .thenComparingInt(Hardware.Device::position))
        .toList();
  }

  private static OvfDisk.Controller kind(Hardware.Device controller) {
    return controller.controller().orElse(OvfDisk.Controller.NONE);
  }

  /**
   * Instance ids are numbers with most writers; where they are not, the order in the file counts.
   */
  private static long instanceNumber(Hardware.Device device) {
    String id = device.instanceId();
    boolean number =
        !id.isEmpty() && id.length() <= 18 && id.chars().allMatch(c -> c >= '0' && c <= '9');
    return number ? Long.parseLong(id) : Long.MAX_VALUE / 2 + device.position();
  }

  private static boolean isIso(OvfDisk disk) {
    String format = disk.formatUri().orElse("").toLowerCase(Locale.ROOT);
    String file = disk.fileName().orElse("").toLowerCase(Locale.ROOT);
    return format.contains("ecma-119") || file.endsWith(".iso");
  }
}
