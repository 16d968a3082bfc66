package io.vmferry.guest.linux.system;

import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.linux.files.ConfigFiles;
import java.io.IOException;
import java.util.List;

/**
 * What remembers the old machine's disks: LVM's list of devices, with which it ignores all others,
 * and the caches of LVM, blkid and multipath.
 */
public final class StorageCaches implements Modification {
  /** Where LVM's lists of devices are. */
  public static final String DEVICES = "/etc/lvm/devices";

  private static final List<String> CACHES =
      List.of(
          "/etc/lvm/cache/.cache",
          "/etc/lvm/.cache",
          "/etc/blkid.tab",
          "/etc/blkid.tab.old",
          "/etc/blkid/blkid.tab",
          "/etc/multipath/bindings",
          "/etc/multipath/wwids",
          "/var/lib/multipath/bindings");

  /** Makes the modification. */
  public StorageCaches() {}

  @Override
  public String name() {
    return "storage-caches";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return switch (facts.system()) {
      case LinuxFacts linux -> true;
    };
  }

  @Override
  public void apply(Guest guest) throws IOException {
    for (String path :
        ConfigFiles.list(guest.edits().files(), DEVICES, name -> name.endsWith(".devices"))) {
      guest.edits().remove(path, "lists the old machine's disks as the only ones LVM may use");
    }
    for (String path : CACHES) {
      guest.edits().remove(path, "remembers the old machine's disks");
    }
  }
}
