package io.vmferry.guest.linux.system;

import io.vmferry.guest.DiskFacts;
import io.vmferry.guest.FileSystemFacts;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.TextFile;
import io.vmferry.guest.linux.files.ConfigFiles;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * LVM's filters where they keep the machine's physical volumes from being found on EC2: one that
 * accepts {@code /dev/sda} and nothing else has LVM ignore {@code /dev/nvme0n1} and {@code
 * /dev/xvda}. Such a filter gets patterns in front that accept these two; all it says of other
 * devices stays in force. A filter that accepts the volumes by a name that is the same on EC2 is
 * left alone, and so is one of a machine without physical volumes.
 *
 * <p>The initramfs has a copy of the file, to which {@link
 * io.vmferry.guest.linux.boot.LinuxBootModifications} sees.
 */
public final class LvmFilters implements Modification {
  /** Where filters are. The second is read after the first. */
  public static final List<String> FILES = List.of("/etc/lvm/lvm.conf", "/etc/lvm/lvmlocal.conf");

  private static final String MEMBER = "LVM2_member";
  private static final List<String> ACCEPT = List.of("a|^/dev/nvme|", "a|^/dev/xvd|");

  /** Makes the modification. */
  public LvmFilters() {}

  @Override
  public String name() {
    return "lvm-filters";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return switch (facts.system()) {
      case LinuxFacts linux -> hasPhysicalVolumes(facts);
    };
  }

  /** Whether any of the machine's partitions or disks is one of LVM's. */
  public static boolean hasPhysicalVolumes(GuestFacts facts) {
    return facts.fileSystems().stream().anyMatch(is -> is.type().equals(MEMBER));
  }

  @Override
  public void apply(Guest guest) throws IOException {
    GuestEdits edits = guest.edits();
    List<List<String>> devices = namesOnEc2(guest.facts());
    for (String path : FILES) {
      Optional<TextFile> file = ConfigFiles.read(edits, path);
      if (file.isPresent()) {
        SortedSet<String> widened = new TreeSet<>();
        String text = widened(file.get().text(), devices, widened);
        edits.change(
            file.get(),
            text,
            "%s accepts EC2's disks too: it would have kept LVM from finding its volumes"
                .formatted(String.join(" and ", widened)));
      }
    }
  }

  private static String widened(
      String text, List<List<String>> devices, SortedSet<String> widened) {
    String changed = text;
    // From the last to the first: the places of those before stay right.
    for (LvmFilterText.Filter filter : LvmFilterText.filters(text).reversed()) {
      boolean passes =
          devices.stream().allMatch(names -> LvmFilterRules.pass(filter.patterns(), names));
      if (!passes) {
        changed = LvmFilterText.withFirst(changed, filter, ACCEPT);
        widened.add(filter.name());
      }
    }
    return changed;
  }

  /**
   * The names of each physical volume on Nitro, and on Xen. Which number a disk gets on Nitro
   * nobody knows, so that each stands for a device of its own.
   */
  private static List<List<String>> namesOnEc2(GuestFacts facts) {
    int disks = Math.max(1, facts.disks().stream().mapToInt(DiskFacts::index).max().orElse(0) + 1);
    List<List<String>> devices = new ArrayList<>();
    for (FileSystemFacts volume : facts.fileSystems()) {
      if (volume.type().equals(MEMBER)) {
        int disk = volume.disk().orElse(0);
        String part = volume.partition().isPresent() ? "" + volume.partition().getAsInt() : "";
        for (int number = 0; number < disks; number++) {
          devices.add(
              names(volume, "/dev/nvme%dn1%s".formatted(number, part.isEmpty() ? "" : "p" + part)));
        }
        devices.add(names(volume, "/dev/xvd%c%s".formatted('a' + disk % 26, part)));
      }
    }
    return devices;
  }

  private static List<String> names(FileSystemFacts volume, String device) {
    List<String> names = new ArrayList<>(List.of(device));
    volume.uuid().ifPresent(uuid -> names.add("/dev/disk/by-id/lvm-pv-uuid-" + uuid));
    volume.partitionUuid().ifPresent(uuid -> names.add("/dev/disk/by-partuuid/" + uuid));
    return names;
  }
}
