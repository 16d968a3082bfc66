package io.vmferry.guest.linux.boot;

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

  /**
   * The tool a guest has. Where it has two, that of its initramfs-tools counts: Debian's default.
   */
  static InitramfsTool of(GuestFiles files) throws IOException {
    if (has(files, "/usr/sbin/update-initramfs") || has(files, "/usr/share/initramfs-tools/init")) {
      return INITRAMFS_TOOLS;
    }
    if (has(files, "/usr/bin/dracut")
        || has(files, "/sbin/dracut")
        || has(files, "/usr/lib/dracut")
        || has(files, "/usr/share/dracut")
        || has(files, "/etc/dracut.conf")
        || has(files, "/etc/dracut.conf.d")) {
      return DRACUT;
    }
    if (has(files, "/sbin/nash") || has(files, "/etc/modprobe.conf.dist")) {
      return MKINITRD_NASH;
    }
    if (has(files, "/lib/mkinitrd") || has(files, "/etc/sysconfig/kernel")) {
      return has(files, "/etc/SuSE-release") || has(files, "/lib/mkinitrd")
          ? MKINITRD_SUSE
          : has(files, "/etc/redhat-release") ? MKINITRD_NASH : UNKNOWN;
    }
    return UNKNOWN;
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

  private static boolean has(GuestFiles files, String path) throws IOException {
    return files.status(path).isPresent();
  }
}
