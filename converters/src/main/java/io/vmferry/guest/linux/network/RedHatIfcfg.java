package io.vmferry.guest.linux.network;

import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.NetworkSystem;
import io.vmferry.guest.TextFile;
import io.vmferry.guest.linux.files.ConfigFiles;
import io.vmferry.guest.linux.files.ShellVariables;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * {@code /etc/sysconfig/network-scripts} of Red Hat's and Amazon's systems: one interface's file
 * becomes DHCP, the others' and all static routes go.
 *
 * <p>Under NetworkManager the file names no device, so that it is for any. The older scripts need a
 * name, and fail at boot for each that is not there: {@code eth0}, the name on Xen, and on Nitro
 * too once {@link #needsKernelNames the boot loader asks for the kernel's names}, as EC2's guide to
 * enhanced networking has it for such systems.
 */
public final class RedHatIfcfg implements Modification {
  private static final String DIRECTORY = "/etc/sysconfig/network-scripts";
  private static final String NETWORK = "/etc/sysconfig/network";
  private static final Pattern ROUTES = Pattern.compile("(route|rule)6?-.+");
  private static final String SUMMARY = "DHCP; static addresses dropped";

  /** What pins the file to a machine, its addresses, or the part it plays in something larger. */
  private static final Pattern DROPPED =
      Pattern.compile(
          "(HWADDR|MACADDR|IPADDR|NETMASK|PREFIX|NETWORK|BROADCAST|GATEWAY)[0-9]*(_[0-9]+)?"
              + "|(GATEWAYDEV|SRCADDR|METRIC|DNS[0-9]|IPV6ADDR|IPV6ADDR_SECONDARIES|IPV6_DEFAULTGW"
              + "|IPV6_DEFAULTDEV|MASTER|MASTER_UUID|SLAVE|BRIDGE|BRIDGE_UUID|TEAM_[A-Z_]+"
              + "|BONDING_[A-Z_]+|VLAN[A-Z_]*|PHYSDEV|STP|DELAY|PEERDNS|PEERROUTES|DEFROUTE"
              + "|HOTPLUG|ARPCHECK|ROUTING_RULE.*|UUID|NAME|DEVICE)");

  private static final String EMPTY = "TYPE=Ethernet\nBOOTPROTO=dhcp\nONBOOT=yes\n";

  /** Makes the modification. */
  public RedHatIfcfg() {}

  @Override
  public String name() {
    return "network-ifcfg";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return switch (facts.system()) {
      case LinuxFacts linux -> hasScripts(linux);
    };
  }

  private static boolean hasScripts(LinuxFacts linux) {
    return switch (linux.distribution().family()) {
      case RED_HAT, AMAZON, OTHER -> true;
      case DEBIAN, SUSE -> false;
    };
  }

  /**
   * Whether the only file there will be is for the kernel's name of the interface, while udev would
   * give it another: the kernel's command line must have {@code net.ifnames=0}.
   *
   * @throws IOException if the guest's file system is damaged
   */
  public static boolean needsKernelNames(Guest guest) throws IOException {
    return guest.linux().systemd()
        && hasScripts(guest.linux())
        && EffectiveNetwork.is(guest, NetworkSystem.IFCFG_RED_HAT);
  }

  @Override
  public void apply(Guest guest) throws IOException {
    GuestEdits edits = guest.edits();
    IfcfgFiles files = IfcfgFiles.read(edits, DIRECTORY);
    Optional<NetworkSystem> effective = EffectiveNetwork.of(guest);
    if (effective.filter(NetworkSystem.IFCFG_RED_HAT::equals).isPresent()) {
      forKernelName(edits, files);
    } else if (effective.filter(NetworkSystem.NETWORK_MANAGER::equals).isPresent()
        && files.carrier().isPresent()
        && Keyfiles.useIfcfg(guest)) {
      TextFile carrier = files.carrier().get();
      String text = dhcp(carrier.text()).without("NM_CONTROLLED"::equals).text();
      ConfigFiles.write(edits, carrier.path(), text, SUMMARY + ", for any interface");
      removeOthers(edits, files, List.of(carrier.path()));
    } else {
      removeOthers(edits, files, List.of());
    }
    dropRoutes(edits);
  }

  private static void forKernelName(GuestEdits edits, IfcfgFiles files) throws IOException {
    ShellVariables base = dhcp(files.carrier().map(TextFile::text).orElse(EMPTY));
    String path = GuestPaths.child(DIRECTORY, "ifcfg-" + Interfaces.KERNEL);
    ConfigFiles.write(edits, path, base.with("DEVICE", Interfaces.KERNEL, "").text(), SUMMARY);
    removeOthers(edits, files, List.of(path));
  }

  private static ShellVariables dhcp(String text) {
    // NetworkManager reads a file that names no device only if it says its type.
    return ShellVariables.of(text)
        .without(DROPPED.asMatchPredicate())
        .with("TYPE", "Ethernet", "")
        .with("BOOTPROTO", "dhcp", "")
        .with("ONBOOT", "yes", "");
  }

  private static void removeOthers(GuestEdits edits, IfcfgFiles files, List<String> kept)
      throws IOException {
    for (TextFile file : files.cards()) {
      if (!kept.contains(file.path())) {
        edits.remove(file.path(), "an interface that is not there on EC2");
      }
    }
  }

  private static void dropRoutes(GuestEdits edits) throws IOException {
    for (String path : ConfigFiles.list(edits.files(), DIRECTORY, ROUTES.asMatchPredicate())) {
      String device = GuestPaths.name(path).replaceFirst("^[a-z6]+-", "");
      if (Interfaces.mayBeCard(device)) {
        edits.remove(path, "static routes");
      }
    }
    edits.remove("/etc/sysconfig/static-routes", "static routes");
    Optional<TextFile> network = ConfigFiles.read(edits, NETWORK);
    if (network.isPresent()) {
      ShellVariables is = ShellVariables.of(network.get().text());
      ShellVariables changed =
          is.without(name -> name.matches("GATEWAY|GATEWAYDEV|IPV6_DEFAULTGW|IPV6_DEFAULTDEV"));
      if (is.isNo("NETWORKING")) {
        changed = changed.with("NETWORKING", "yes", "");
      }
      edits.change(network.get(), changed.text(), "no gateway of its own");
    }
  }
}
