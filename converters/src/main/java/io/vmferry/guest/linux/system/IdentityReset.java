package io.vmferry.guest.linux.system;

import io.vmferry.guest.FileStatus;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.TextFile;
import io.vmferry.guest.linux.files.ConfigFiles;
import java.io.IOException;
import java.util.List;
import java.util.Optional;

/**
 * Where it is asked for: SSH host keys and the machine id are made anew at the first boot, so that
 * instances of one image are not taken for one machine. As with every change the old ones stay
 * beside, readable by root only where they were.
 */
public final class IdentityReset implements Modification {
  private static final String SSH = "/etc/ssh";
  private static final String MACHINE_ID = "/etc/machine-id";
  private static final String DBUS_ID = "/var/lib/dbus/machine-id";

  /** Makes the modification. */
  public IdentityReset() {}

  @Override
  public String name() {
    return "identity";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return switch (facts.system()) {
      case LinuxFacts linux -> options.resetIdentity();
    };
  }

  @Override
  public void apply(Guest guest) throws IOException {
    GuestEdits edits = guest.edits();
    List<String> keys =
        ConfigFiles.list(edits.files(), SSH, name -> name.matches("ssh_host_.*key(\\.pub)?"));
    for (String key : keys) {
      edits.remove(key, "made anew at first boot");
    }
    if (!keys.isEmpty()) {
      // Red Hat's and SUSE's units make missing keys; Debian's only does so when it is installed.
      FirstBoot.add(guest, "vmferry-ssh-keys", "Make SSH host keys", false, "ssh-keygen -A\n");
    }
    Optional<TextFile> id = ConfigFiles.read(edits, MACHINE_ID);
    if (id.isPresent()) {
      // Empty, not missing: systemd then makes one without taking it for an unconfigured system.
      edits.change(id.get(), "", "made anew at first boot");
    }
    if (edits.files().status(DBUS_ID).filter(FileStatus::isRegular).isPresent()) {
      if (guest.linux().systemd()) {
        edits.symlink(MACHINE_ID, DBUS_ID, "the same as " + MACHINE_ID);
      } else {
        edits.remove(DBUS_ID, "made anew at first boot");
      }
    }
  }
}
