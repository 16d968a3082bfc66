package io.vmferry.guest.linux.network;

import io.vmferry.guest.Distribution.Family;
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
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * {@code /etc/sysconfig/network} of SUSE's systems, read by wicked or by the older ifup: one
 * interface's file becomes DHCP, the others' and all static routes go. Both need names: {@code
 * eth0}, which SUSE's rules keep, and {@code ens5} beside it where wicked may find that, as one
 * that boot does not wait for.
 */
public final class SuseIfcfg implements Modification {
  private static final String DIRECTORY = "/etc/sysconfig/network";
  private static final Pattern ROUTES = Pattern.compile("routes|if(route|rule)-.+");
  private static final String SUMMARY = "DHCP; static addresses dropped";
  private static final Pattern DROPPED =
      Pattern.compile(
          "(IPADDR|NETMASK|PREFIXLEN|NETWORK|BROADCAST|REMOTE_IPADDR|LABEL|SCOPE)(_?[A-Za-z0-9]+)?"
              + "|GATEWAY|LLADDR|UNIQUE|_nm_name|DEVICE|BONDING_.*|BRIDGE.*|ETHERDEVICE|VLAN.*");

  private static final String EMPTY = "BOOTPROTO='dhcp'\nSTARTMODE='auto'\n";

  /** Makes the modification. */
  public SuseIfcfg() {}

  @Override
  public String name() {
    return "network-suse";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return switch (facts.system()) {
      case LinuxFacts linux -> linux.distribution().family() == Family.SUSE;
    };
  }

  @Override
  public void apply(Guest guest) throws IOException {
    GuestEdits edits = guest.edits();
    IfcfgFiles files = IfcfgFiles.read(edits, DIRECTORY);
    boolean effective = EffectiveNetwork.is(guest, NetworkSystem.IFCFG_SUSE);
    String first = GuestPaths.child(DIRECTORY, "ifcfg-" + Interfaces.KERNEL);
    String second = GuestPaths.child(DIRECTORY, "ifcfg-" + Interfaces.NITRO);
    boolean both = effective && !EffectiveNetwork.keepsKernelNames(guest);
    if (effective) {
      ShellVariables base =
          ShellVariables.of(files.carrier().map(TextFile::text).orElse(EMPTY))
              .without(DROPPED.asMatchPredicate())
              .with("BOOTPROTO", "dhcp", "'");
      ConfigFiles.write(edits, first, base.with("STARTMODE", "auto", "'").text(), SUMMARY);
      if (both) {
        ConfigFiles.write(edits, second, base.with("STARTMODE", "hotplug", "'").text(), SUMMARY);
      }
    }
    for (TextFile file : files.cards()) {
      boolean kept =
          (effective && file.path().equals(first)) || (both && file.path().equals(second));
      if (!kept) {
        edits.remove(file.path(), "an interface that is not there on EC2");
      }
    }
    for (String path : ConfigFiles.list(edits.files(), DIRECTORY, ROUTES.asMatchPredicate())) {
      edits.remove(path, "static routes");
    }
    dropNameServers(edits);
  }

  /** Static name servers come before those of DHCP, and are the old network's. */
  private static void dropNameServers(GuestEdits edits) throws IOException {
    Optional<TextFile> config = ConfigFiles.read(edits, DIRECTORY + "/config");
    if (config.isPresent()) {
      ShellVariables is = ShellVariables.of(config.get().text());
      String servers = "NETCONFIG_DNS_STATIC_SERVERS";
      if (is.has(servers::equals)) {
        edits.change(
            config.get(), is.with(servers, "", "\"").text(), "no name servers but those of DHCP");
      }
    }
  }
}
