package io.vmferry.guest.linux.network;

import io.vmferry.guest.FileStatus;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.GuestFiles;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.NetworkSystem;
import io.vmferry.guest.TextFile;
import io.vmferry.guest.linux.files.ConfigFiles;
import io.vmferry.guest.linux.files.IniFile;
import io.vmferry.guest.linux.files.Services;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * systemd-networkd's files: those of network cards, and of what is made of cards, go, and one of
 * DHCP for any interface comes. Amazon Linux 2023 has one of its own for EC2, which stays.
 */
public final class Networkd implements Modification {
  private static final String DIRECTORY = "/etc/systemd/network";
  private static final String FILE = DIRECTORY + "/10-vmferry.network";
  private static final String AMAZONS = "/usr/lib/systemd/network/80-ec2.network";
  private static final String RESOLV_CONF = "/etc/resolv.conf";
  private static final String RESOLVED = "systemd-resolved.service";

  /** The name server of every VPC. */
  private static final String NAME_SERVER = "nameserver 169.254.169.253";

  private static final Set<String> MASTER_KEYS =
      Set.of("Bridge", "Bond", "VLAN", "MACVLAN", "IPVLAN", "MACVTAP", "VRF");

  private record Unit(String path, IniFile content) {}

  /** Makes the modification. */
  public Networkd() {}

  @Override
  public String name() {
    return "network-networkd";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return switch (facts.system()) {
      case LinuxFacts linux -> linux.systemd();
    };
  }

  @Override
  public void apply(Guest guest) throws IOException {
    GuestEdits edits = guest.edits();
    List<Unit> networks = read(edits, ".network");
    List<Unit> devices = read(edits, ".netdev");
    Set<String> virtual =
        devices.stream()
            .flatMap(unit -> unit.content().get("NetDev", "Name").stream())
            .collect(Collectors.toSet());
    List<Unit> gone =
        new ArrayList<>(
            networks.stream()
                .filter(unit -> !unit.path().equals(FILE) && isCard(unit.content(), virtual))
                .toList());
    addMasters(gone, networks, devices);
    for (Unit unit : gone) {
      edits.remove(unit.path(), "static addresses, or an interface that is not there on EC2");
    }
    if (EffectiveNetwork.is(guest, NetworkSystem.NETWORKD)) {
      configure(guest);
    }
  }

  private static void configure(Guest guest) throws IOException {
    GuestEdits edits = guest.edits();
    if (!ConfigFiles.exists(edits.files(), AMAZONS)) {
      edits.create(
          FILE,
          """
          # One network interface, whatever its name, by DHCP (vmferry).
          [Match]
          Name=%s

          [Network]
          DHCP=yes
          """
              .formatted(Interfaces.ANY),
          "DHCP on any interface");
    }
    if (!Services.isEnabled(edits.files(), EffectiveNetwork.NETWORKD)) {
      Services.enable(guest, "multi-user.target", EffectiveNetwork.NETWORKD, "starts at boot");
    }
    resolve(edits);
  }

  /** networkd writes no {@code resolv.conf}: one with the old network's name servers would stay. */
  private static void resolve(GuestEdits edits) throws IOException {
    GuestFiles files = edits.files();
    if (files.status(RESOLV_CONF).filter(FileStatus::isRegular).isEmpty()) {
      return;
    }
    if (Services.isEnabled(files, RESOLVED)) {
      edits.symlink(
          "../run/systemd/resolve/stub-resolv.conf", RESOLV_CONF, "the name servers of DHCP");
      return;
    }
    Optional<TextFile> file = ConfigFiles.read(edits, RESOLV_CONF);
    if (file.isPresent()) {
      String kept =
          file.get()
              .text()
              .lines()
              .filter(line -> !line.startsWith("nameserver"))
              .map(line -> line + "\n")
              .collect(Collectors.joining());
      edits.change(file.get(), kept + NAME_SERVER + "\n", "the VPC's name server");
    }
  }

  /** Adds the bridges, bonds and VLANs that cards are part of, and their devices. */
  private static void addMasters(List<Unit> gone, List<Unit> networks, List<Unit> devices) {
    Set<String> masters = new HashSet<>();
    List<Unit> left = List.copyOf(gone);
    while (!left.isEmpty()) {
      Set<String> found =
          left.stream()
              .flatMap(unit -> MASTER_KEYS.stream().flatMap(k -> words(unit, "Network", k)))
              .filter(masters::add)
              .collect(Collectors.toSet());
      left =
          networks.stream()
              .filter(unit -> !gone.contains(unit))
              .filter(unit -> words(unit, "Match", "Name").anyMatch(found::contains))
              .toList();
      gone.addAll(left);
    }
    devices.stream()
        .filter(unit -> words(unit, "NetDev", "Name").anyMatch(masters::contains))
        .forEach(gone::add);
  }

  private static boolean isCard(IniFile network, Set<String> virtual) {
    Unit unit = new Unit("", network);
    boolean byKind =
        Stream.of("Virtualization", "Kind", "SSID", "WLANInterfaceType")
            .anyMatch(key -> network.get("Match", key).isPresent());
    boolean byDriver =
        words(unit, "Match", "Driver").anyMatch(driver -> driver.matches("veth|bridge|dummy|tun"));
    boolean byType =
        network.get("Match", "Type").isPresent()
            && words(unit, "Match", "Type").noneMatch("ether"::equals);
    if (byKind || byDriver || byType) {
      return false;
    }
    List<String> names =
        words(unit, "Match", "Name").filter(name -> !name.startsWith("!")).toList();
    return names.isEmpty()
        || names.stream().anyMatch(name -> Interfaces.mayBeCard(name) && !virtual.contains(name));
  }

  private static Stream<String> words(Unit unit, String section, String key) {
    return unit.content().all(section, key).stream()
        .flatMap(value -> Arrays.stream(value.split("\\s+", -1)))
        .filter(word -> !word.isEmpty());
  }

  private static List<Unit> read(GuestEdits edits, String suffix) throws IOException {
    List<Unit> units = new ArrayList<>();
    for (String path : ConfigFiles.list(edits.files(), DIRECTORY, name -> name.endsWith(suffix))) {
      if (!ConfigFiles.isMasked(edits.files(), path)) {
        Optional<TextFile> file = ConfigFiles.read(edits, path);
        file.ifPresent(text -> units.add(new Unit(path, IniFile.of(text.text()))));
      }
    }
    return units;
  }
}
