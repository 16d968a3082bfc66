package io.vmferry.guest.linux.boot;

import io.vmferry.guest.Distribution;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestFiles;
import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.Kernel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** The program that makes a guest's initramfs. */
enum InitramfsTool {
  /** Debian's and Ubuntu's initramfs-tools. */
  INITRAMFS_TOOLS,
  /** dracut, of Red Hat Enterprise Linux 6 on, SUSE Linux Enterprise 12 on, and others. */
  DRACUT,
  /** mkinitrd of Red Hat Enterprise Linux 5 and older: its script loads what it was made with. */
  MKINITRD_NASH,
  /** mkinitrd of SUSE Linux Enterprise 11 and older. */
  MKINITRD_SUSE,
  /** Another, or none. */
  UNKNOWN;

  private static final int LAST_NASH = 5;
  private static final int LAST_SUSE_MKINITRD = 11;

  /** The tool a guest has: by its programs, else its configuration, else what its release has. */
  static InitramfsTool of(GuestFiles files, Distribution distribution) throws IOException {
    if (hasAny(files, "/usr/share/initramfs-tools/init", "/usr/sbin/mkinitramfs")) {
      return INITRAMFS_TOOLS;
    }
    if (hasAny(files, "/usr/bin/dracut", "/sbin/dracut", "/usr/lib/dracut", "/usr/share/dracut")) {
      return DRACUT;
    }
    if (hasAny(files, "/sbin/nash")) {
      return MKINITRD_NASH;
    }
    if (hasAny(files, "/etc/initramfs-tools")) {
      return INITRAMFS_TOOLS;
    }
    int major = distribution.major().orElse(Integer.MAX_VALUE);
    return switch (distribution.family()) {
      case DEBIAN -> hasAny(files, "/etc/dracut.conf") ? DRACUT : INITRAMFS_TOOLS;
      case RED_HAT -> major <= LAST_NASH ? MKINITRD_NASH : DRACUT;
      case SUSE -> major <= LAST_SUSE_MKINITRD ? MKINITRD_SUSE : DRACUT;
      case AMAZON -> DRACUT;
      case OTHER -> hasAny(files, "/etc/dracut.conf", "/etc/dracut.conf.d") ? DRACUT : UNKNOWN;
    };
  }

  /** Whether an initramfs this makes loads a driver that is only added to it. */
  boolean loadsWhatIsAdded() {
    return this != MKINITRD_NASH;
  }

  /**
   * The command that makes a kernel's initramfs anew with drivers; empty if there is none.
   *
   * @param initramfs the initramfs's real path
   */
  List<String> rebuild(Guest guest, Kernel kernel, String initramfs, List<String> drivers)
      throws IOException {
    String names = String.join(" ", drivers);
    return switch (this) {
      case INITRAMFS_TOOLS -> List.of("update-initramfs", "-u", "-k", kernel.version());
      case DRACUT -> {
        List<String> command = new ArrayList<>(List.of("dracut", "--force"));
        // Release 004, of Red Hat Enterprise Linux 6, makes no other and does not know the option.
        if (guest.linux().systemd()) {
          command.add("--no-hostonly");
        }
        command.addAll(List.of("--add-drivers", names, initramfs, kernel.version()));
        yield List.copyOf(command);
      }
      case MKINITRD_NASH -> {
        List<String> command = new ArrayList<>(List.of("mkinitrd", "-f"));
        drivers.forEach(driver -> command.add("--with=" + driver));
        command.addAll(List.of(initramfs, kernel.version()));
        yield List.copyOf(command);
      }
      case MKINITRD_SUSE ->
          List.of(
              "mkinitrd",
              "-k",
              GuestPaths.name(kernel.image()),
              "-i",
              GuestPaths.name(initramfs),
              "-m",
              names);
      case UNKNOWN -> List.of();
    };
  }

  private static boolean hasAny(GuestFiles files, String... paths) throws IOException {
    for (String path : paths) {
      if (files.status(path).isPresent()) {
        return true;
      }
    }
    return false;
  }
}
