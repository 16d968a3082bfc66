package io.vmferry.guest.linux.network;

import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.GuestPaths;
import io.vmferry.guest.TextFile;
import io.vmferry.guest.linux.files.ConfigFiles;
import io.vmferry.guest.linux.files.ShellVariables;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The {@code ifcfg-*} files of a directory that concern network cards, Red Hat's or SUSE's.
 *
 * @param cards those of cards, and of what is made of cards: bridges, bonds, VLANs, aliases
 * @param carrier the one of a card that carries the machine's traffic: its other settings, such as
 *     the firewall's zone, are worth keeping; empty if there is none
 */
record IfcfgFiles(List<TextFile> cards, Optional<TextFile> carrier) {
  private static final String PREFIX = "ifcfg-";
  private static final String CONFIGURATION = "/etc/sysconfig/";

  /**
   * A card's file before one of what is made of cards.
   *
   * @param file under the name in the directory, whatever link that is
   * @param inside whether its content is in /etc/sysconfig: another program's file has nothing to
   *     say here
   */
  private record Candidate(TextFile file, String device, ShellVariables variables, boolean inside) {
    boolean isPlain() {
      return inside
          && !device.contains(":")
          && !device.contains(".")
          && variables.get("TYPE").map(type -> type.equalsIgnoreCase("Ethernet")).orElse(true)
          && !variables.isYes("BRIDGE")
          && !variables.isYes("VLAN")
          && !variables.has(
              name -> name.matches("BONDING_.*|BRIDGE_PORTS|ETHERDEVICE|TEAM_CONFIG|ONPARENT"))
          && !device.matches("(bond|br|team|vlan)[0-9].*");
    }

    boolean starts() {
      return !variables.isNo("ONBOOT")
          && variables.get("STARTMODE").map(mode -> !mode.matches("(?i)off|manual")).orElse(true);
    }

    /** How much speaks for its carrying the machine's traffic: a gateway, else any address. */
    int reach() {
      boolean dhcp =
          variables.get("BOOTPROTO").map(value -> value.startsWith("dhcp")).orElse(false);
      if (dhcp || variables.has(name -> name.matches("GATEWAY[0-9]*"))) {
        return 2;
      }
      return variables.has(name -> name.matches("IPADDR[0-9]*")) ? 1 : 0;
    }
  }

  static IfcfgFiles read(GuestEdits edits, String directory) throws IOException {
    List<Candidate> candidates = new ArrayList<>();
    List<String> paths =
        ConfigFiles.list(
            edits.files(),
            directory,
            name -> name.startsWith(PREFIX) && !name.endsWith(".template"));
    for (String path : paths) {
      Optional<TextFile> file = ConfigFiles.read(edits, path);
      if (file.isPresent()) {
        String name = GuestPaths.name(path).substring(PREFIX.length());
        ShellVariables variables = ShellVariables.of(file.get().text());
        String device = variables.get("DEVICE").filter(value -> !value.isEmpty()).orElse(name);
        if (Interfaces.mayBeCard(device) && !isOther(variables) && !isPrivateBridge(variables)) {
          TextFile text = file.get();
          candidates.add(
              new Candidate(
                  new TextFile(path, text.text(), text.charset(), text.status()),
                  name.contains(":") ? name : device,
                  variables,
                  text.path().startsWith(CONFIGURATION)));
        }
      }
    }
    Comparator<Candidate> best =
        Comparator.comparing(Candidate::starts)
            .thenComparingInt(Candidate::reach)
            .thenComparing(candidate -> candidate.device().equals(Interfaces.KERNEL));
    // The first of the best: files are sorted by name.
    Optional<Candidate> carrier = candidates.stream().filter(Candidate::isPlain).max(best);
    return new IfcfgFiles(
        candidates.stream().map(Candidate::file).toList(), carrier.map(Candidate::file));
  }

  private static boolean isOther(ShellVariables variables) {
    return variables
        .get("TYPE")
        .filter(
            type ->
                type.matches("(?i)wireless|modem|xdsl|isdn|gre|ipip|sit|ipsec|infiniband|tap|tun"))
        .isPresent();
  }

  /** A bridge of SUSE's without ports is for virtual machines and containers only. */
  private static boolean isPrivateBridge(ShellVariables variables) {
    return variables.isYes("BRIDGE") && !variables.has("BRIDGE_PORTS"::equals);
  }
}
