package io.vmferry.guest.appliance;

import io.vmferry.disk.DiskImage;
import io.vmferry.guest.DiskFacts;
import io.vmferry.guest.DiskFacts.Partition;
import io.vmferry.guest.DiskFacts.PartitionTable;
import io.vmferry.guest.FileSystemFacts;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What an appliance's disks hold, as its kernel, LVM and blkid see it. */
final class BlockDevices {
  private static final int SECTOR = 512;
  private static final Pattern PARTITION = Pattern.compile("(/dev/sd[a-z]+)(\\d+)");
  private static final int ACTIVE = 0x80;
  private static final int LEGACY_BIOS_BOOTABLE = 0x4;

  private final GuestfsHandle handle;
  private final List<DiskImage> images;

  BlockDevices(GuestfsHandle handle, List<DiskImage> images) {
    this.handle = handle;
    this.images = images;
  }

  /** A partition's device, and what blkid says of it. */
  private record Found(String device, int disk, int number, Map<String, String> blkid) {}

  /**
   * All there is to know.
   *
   * @param disks in their order
   * @param fileSystems in the order of disks, partitions and logical volumes
   */
  record Contents(List<DiskFacts> disks, List<FileSystemFacts> fileSystems) {}

  Contents read() throws IOException {
    List<String> devices = texts("guestfs_list_devices");
    List<Found> partitions = partitions(devices);
    List<DiskFacts> disks = new ArrayList<>();
    List<FileSystemFacts> fileSystems = new ArrayList<>();
    for (int disk = 0; disk < images.size(); disk++) {
      int index = disk;
      List<Found> own = partitions.stream().filter(found -> found.disk() == index).toList();
      Map<String, String> whole = blkid(devices.get(disk));
      disks.add(disk(disk, whole, own));
      if (own.isEmpty()) {
        fileSystem(devices.get(disk), whole, OptionalInt.of(disk), OptionalInt.empty())
            .ifPresent(fileSystems::add);
      }
      for (Found found : own) {
        fileSystem(
                found.device(), found.blkid(), OptionalInt.of(disk), OptionalInt.of(found.number()))
            .ifPresent(fileSystems::add);
      }
    }
    List<String> volumes = new ArrayList<>(texts("guestfs_list_md_devices"));
    volumes.addAll(texts("guestfs_lvs"));
    for (String volume : volumes) {
      fileSystem(volume, blkid(volume), OptionalInt.empty(), OptionalInt.empty())
          .ifPresent(fileSystems::add);
    }
    return new Contents(disks, fileSystems);
  }

  private List<Found> partitions(List<String> devices) throws IOException {
    List<Found> partitions = new ArrayList<>();
    for (String device : texts("guestfs_list_partitions")) {
      Matcher matcher = PARTITION.matcher(device);
      if (matcher.matches() && devices.contains(matcher.group(1))) {
        partitions.add(
            new Found(
                device,
                devices.indexOf(matcher.group(1)),
                Integer.parseInt(matcher.group(2)),
                blkid(device)));
      }
    }
    partitions.sort(Comparator.comparingInt(Found::number));
    return partitions;
  }

  private DiskFacts disk(int index, Map<String, String> whole, List<Found> partitions) {
    PartitionTable table =
        switch (whole.getOrDefault("PTTYPE", "")) {
          case "gpt" -> PartitionTable.GPT;
          case "dos" ->
              partitions.isEmpty() && whole.containsKey("TYPE")
                  ? PartitionTable.NONE
                  : PartitionTable.MBR;
          default -> PartitionTable.NONE;
        };
    return new DiskFacts(
        index,
        images.get(index).virtualSize(),
        table,
        partitions.stream().map(found -> partition(found, table)).toList());
  }

  private static Partition partition(Found found, PartitionTable table) {
    Map<String, String> entry = found.blkid();
    String type = entry.getOrDefault("PART_ENTRY_TYPE", "");
    long flags = number(entry, "PART_ENTRY_FLAGS");
    boolean gpt = table == PartitionTable.GPT;
    return new Partition(
        found.number(),
        number(entry, "PART_ENTRY_OFFSET") * SECTOR,
        number(entry, "PART_ENTRY_SIZE") * SECTOR,
        gpt ? type.toUpperCase(Locale.ROOT) : hexByte(type),
        (flags & (gpt ? LEGACY_BIOS_BOOTABLE : ACTIVE)) != 0,
        partitionUuid(entry));
  }

  private static Optional<String> partitionUuid(Map<String, String> entry) {
    return present(entry, "PART_ENTRY_UUID").map(uuid -> uuid.toLowerCase(Locale.ROOT));
  }

  /** {@code 0x7} as {@code 07}. */
  private static String hexByte(String type) {
    String digits = type.startsWith("0x") ? type.substring(2) : type;
    return digits.length() == 1 ? "0" + digits : digits;
  }

  private static long number(Map<String, String> entry, String key) {
    try {
      return Long.decode(entry.getOrDefault(key, "0"));
    } catch (NumberFormatException e) {
      return 0;
    }
  }

  private static Optional<String> present(Map<String, String> entry, String key) {
    return Optional.ofNullable(entry.get(key)).filter(value -> !value.isEmpty());
  }

  private Optional<FileSystemFacts> fileSystem(
      String device, Map<String, String> blkid, OptionalInt disk, OptionalInt partition)
      throws IOException {
    Optional<String> type = present(blkid, "TYPE");
    if (type.isEmpty()) {
      return Optional.empty();
    }
    return Optional.of(
        new FileSystemFacts(
            device,
            type.get(),
            disk,
            partition,
            present(blkid, "UUID"),
            label(device, blkid),
            partitionUuid(blkid),
            type.get().equals("btrfs") ? subvolumes(device) : List.of(),
            Optional.empty()));
  }

  /** The label as it is: blkid spells some characters otherwise. */
  private Optional<String> label(String device, Map<String, String> blkid) throws IOException {
    if (!blkid.containsKey("LABEL")) {
      return Optional.empty();
    }
    return handle
        .call(
            "vfs_label " + device,
            (library, g, memory) ->
                GuestfsHandle.notNull(
                        library.callPointer(
                            "guestfs_vfs_label", g, LibGuestfs.text(memory, device)))
                    .map(LibGuestfs::takeText))
        .value()
        .filter(label -> !label.isEmpty());
  }

  /** What {@code blkid -p} says of a device; nothing if it does not know, or cannot read it. */
  private Map<String, String> blkid(String device) throws IOException {
    return handle
        .call(
            "blkid " + device,
            (library, g, memory) ->
                GuestfsHandle.notNull(
                        library.callPointer("guestfs_blkid", g, LibGuestfs.text(memory, device)))
                    .map(LibGuestfs::takeHash))
        .value()
        .orElse(Map.of());
  }

  /** The paths of a Btrfs file system's subvolumes; none if it cannot be mounted. */
  private List<String> subvolumes(String device) throws IOException {
    return handle
        .call(
            "btrfs_subvolume_list " + device,
            (library, g, memory) ->
                GuestfsHandle.notNull(
                        library.callPointer(
                            "guestfs_btrfs_subvolume_list", g, LibGuestfs.text(memory, device)))
                    .map(list -> takeSubvolumes(library, list)))
        .value()
        .orElse(List.of());
  }

  /** {@code struct guestfs_btrfssubvolume}: id, top level's id, path. */
  private static List<String> takeSubvolumes(LibGuestfs library, MemorySegment list) {
    MemorySegment header = LibGuestfs.target(list, 16);
    int count = header.get(ValueLayout.JAVA_INT, 0);
    MemorySegment values = LibGuestfs.target(header.get(ValueLayout.ADDRESS, 8), count * 24L);
    List<String> paths = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      paths.add(LibGuestfs.text(values.get(ValueLayout.ADDRESS, i * 24L + 16)));
    }
    library.callVoid("guestfs_free_btrfssubvolume_list", list);
    return paths;
  }

  private List<String> texts(String function) throws IOException {
    return handle.require(
        function,
        (library, g, _) ->
            GuestfsHandle.notNull(library.callPointer(function, g)).map(LibGuestfs::takeTexts));
  }
}
