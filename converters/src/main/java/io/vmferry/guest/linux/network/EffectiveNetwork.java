package io.vmferry.guest.linux.network;

import io.vmferry.guest.Distribution.Family;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestFiles;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.NetworkSystem;
import io.vmferry.guest.linux.files.ConfigFiles;
import io.vmferry.guest.linux.files.Services;
import java.io.IOException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/**
 * Which of a guest's systems is to configure its network on EC2. Often several are installed:
 * exactly one gets a configuration for any interface, the others lose theirs for network cards, so
 * that no two of them fight over the only card.
 *
 * <p>The answer depends on what is installed and enabled, and on configuration only in ways that
 * the modifications do not change: it is the same before, between and after them.
 */
final class EffectiveNetwork {
  static final String NETWORKD = "systemd-networkd.service";
  private static final String SCRIPT = "/etc/sysconfig/network-scripts/ifup";
  static final String NETWORK_MANAGER = "NetworkManager.service";

  private EffectiveNetwork() {}

  /** The system; empty if the guest has none that is known. */
  static Optional<NetworkSystem> of(Guest guest) throws IOException {
    GuestFiles files = guest.edits().files();
    LinuxFacts linux = guest.linux();
    Optional<NetworkSystem> found =
        switch (linux.distribution().family()) {
          case DEBIAN, OTHER -> debian(files, linux);
          case RED_HAT, AMAZON -> redHat(files, linux);
          case SUSE -> suse(files, linux);
        };
    return found.or(() -> configured(linux));
  }

  /** Where no program is found in its usual place: what has a configuration. */
  private static Optional<NetworkSystem> configured(LinuxFacts linux) {
    return Stream.of(NetworkSystem.values())
        .filter(linux.networkSystems()::contains)
        .filter(system -> system != NetworkSystem.CLOUD_INIT)
        .findFirst();
  }

  /** Whether that system is the one. */
  static boolean is(Guest guest, NetworkSystem system) throws IOException {
    return of(guest).filter(system::equals).isPresent();
  }

  /** Whether NetworkManager runs, so that it is what reads Red Hat's ifcfg files. */
  static boolean networkManagerRuns(GuestFiles files, LinuxFacts linux) throws IOException {
    return linux.systemd()
        && (Services.isEnabled(files, NETWORK_MANAGER)
            || (networkManagerIsOnlyChoice(linux)
                && (installedManager(files) || !ConfigFiles.exists(files, SCRIPT))));
  }

  /**
   * Whether the kernel's own names of interfaces are kept: older systems, those that ask for it on
   * the kernel's command line, and Amazon Linux 2, which does so out of the box.
   */
  static boolean keepsKernelNames(Guest guest) throws IOException {
    LinuxFacts linux = guest.linux();
    if (!linux.systemd()) {
      return true;
    }
    boolean asked =
        ConfigFiles.read(guest.edits(), "/etc/default/grub")
            .filter(file -> file.text().contains("net.ifnames=0"))
            .isPresent();
    return asked || linux.distribution().family() == Family.AMAZON;
  }

  private static Optional<NetworkSystem> debian(GuestFiles files, LinuxFacts linux)
      throws IOException {
    boolean netplan =
        ConfigFiles.anyExists(
            files,
            "/usr/sbin/netplan",
            "/lib/netplan/generate",
            "/usr/lib/netplan/generate",
            "/usr/libexec/netplan/generate");
    boolean ifup = ConfigFiles.anyExists(files, "/sbin/ifup", "/usr/sbin/ifup");
    if (netplan || (!ifup && linux.networkSystems().contains(NetworkSystem.NETPLAN))) {
      return Optional.of(NetworkSystem.NETPLAN);
    }
    if (linux.systemd() && Services.isEnabled(files, NETWORK_MANAGER)) {
      return Optional.of(NetworkSystem.NETWORK_MANAGER);
    }
    boolean cards = IfupdownFiles.haveCards(files);
    boolean networkd = linux.systemd() && Services.isInstalled(files, NETWORKD);
    // Where ifupdown has no DHCP client to run, systemd's own is there more often than not.
    boolean ifupdown = (cards || ifup) && (hasDhcpClient(files) || !networkd);
    if (ifupdown && cards) {
      return Optional.of(NetworkSystem.IFUPDOWN);
    }
    if (networkd && (!ifupdown || Services.isEnabled(files, NETWORKD))) {
      return Optional.of(NetworkSystem.NETWORKD);
    }
    return ifupdown ? Optional.of(NetworkSystem.IFUPDOWN) : Optional.empty();
  }

  private static Optional<NetworkSystem> redHat(GuestFiles files, LinuxFacts linux)
      throws IOException {
    if (networkManagerRuns(files, linux)) {
      return Optional.of(NetworkSystem.NETWORK_MANAGER);
    }
    if (ConfigFiles.anyExists(files, SCRIPT, "/etc/init.d/network")) {
      return Optional.of(NetworkSystem.IFCFG_RED_HAT);
    }
    if (linux.systemd() && Services.isInstalled(files, NETWORKD)) {
      return Optional.of(NetworkSystem.NETWORKD);
    }
    return files.status("/etc/sysconfig/network-scripts").isPresent()
        ? Optional.of(NetworkSystem.IFCFG_RED_HAT)
        : Optional.empty();
  }

  private static Optional<NetworkSystem> suse(GuestFiles files, LinuxFacts linux)
      throws IOException {
    if (linux.systemd() && Services.isEnabled(files, NETWORK_MANAGER)) {
      return Optional.of(NetworkSystem.NETWORK_MANAGER);
    }
    if (!linux.systemd() || Services.isInstalled(files, "wicked.service")) {
      return Optional.of(NetworkSystem.IFCFG_SUSE);
    }
    if (installedManager(files)) {
      return Optional.of(NetworkSystem.NETWORK_MANAGER);
    }
    return files.status("/etc/sysconfig/network").isPresent()
        ? Optional.of(NetworkSystem.IFCFG_SUSE)
        : Optional.empty();
  }

  /** From release 8 on the old scripts come only with a package of their own. */
  private static boolean networkManagerIsOnlyChoice(LinuxFacts linux) {
    OptionalInt major = linux.distribution().major();
    return linux.distribution().family() == Family.RED_HAT
        && (major.isEmpty() || major.getAsInt() >= 8);
  }

  private static boolean installedManager(GuestFiles files) throws IOException {
    return Services.isInstalled(files, NETWORK_MANAGER)
        || ConfigFiles.exists(files, "/usr/sbin/NetworkManager");
  }

  private static boolean hasDhcpClient(GuestFiles files) throws IOException {
    return ConfigFiles.anyExists(
        files,
        "/sbin/dhclient",
        "/usr/sbin/dhclient",
        "/sbin/dhclient3",
        "/sbin/udhcpc",
        "/usr/bin/udhcpc",
        "/sbin/dhcpcd",
        "/usr/sbin/dhcpcd",
        "/sbin/pump");
  }
}
