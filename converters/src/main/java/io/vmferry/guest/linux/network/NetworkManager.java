package io.vmferry.guest.linux.network;

import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.NetworkSystem;
import io.vmferry.guest.linux.files.IniFile;
import io.vmferry.guest.linux.network.Keyfiles.Profile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * NetworkManager's profiles: one of a card becomes DHCP for any interface, those of others go.
 * Where there is none and NetworkManager is what configures the network, one is made: its own
 * default would do the same, but {@code NetworkManager-config-server} turns that off.
 */
public final class NetworkManager implements Modification {
  /** NetworkManager ignores profiles that others may read. */
  private static final int MODE = 0600;

  private static final String NEW_PROFILE = Keyfiles.DIRECTORY + "/vmferry-dhcp.nmconnection";
  private static final String NEW_TEXT =
      """
      [connection]
      id=vmferry-dhcp
      uuid=5d0c6f0e-6f3d-3c4b-9a53-76666572727a
      type=ethernet

      [ipv4]
      method=auto

      [ipv6]
      method=auto
      """;

  private static final Pattern CONNECTION =
      Pattern.compile(
          "interface-name|master|controller|slave-type|port-type|autoconnect|permissions");
  private static final Pattern DEVICE =
      Pattern.compile("(cloned-|assigned-)?mac-address.*|s390-.*");
  private static final Pattern ADDRESSES =
      Pattern.compile(
          "address.*|gateway|routes?[0-9]*(_options)?|routing-rules?[0-9]*|dns|dns-priority"
              + "|never-default|ignore-auto-dns|ignore-auto-routes|route-metric|route-table");

  /** Makes the modification. */
  public NetworkManager() {}

  @Override
  public String name() {
    return "network-manager";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return switch (facts.system()) {
      case LinuxFacts linux -> true;
    };
  }

  @Override
  public void apply(Guest guest) throws IOException {
    GuestEdits edits = guest.edits();
    Keyfiles keyfiles = Keyfiles.read(edits);
    Optional<Profile> carrier = keyfiles.carrier();
    boolean effective = EffectiveNetwork.is(guest, NetworkSystem.NETWORK_MANAGER);
    if (carrier.isPresent()) {
      edits.create(
          carrier.get().file().path(),
          carrier.get().file().charset().encode(dhcp(carrier.get().content()).text()),
          MODE,
          "DHCP on any interface; static addresses dropped");
    } else if (effective && !isCarriedByIfcfg(guest)) {
      edits.create(
          NEW_PROFILE, StandardCharsets.UTF_8.encode(NEW_TEXT), MODE, "DHCP on any interface");
    }
    for (Profile profile : keyfiles.cards()) {
      if (carrier.filter(profile::equals).isEmpty()) {
        edits.remove(profile.file().path(), "an interface that is not there on EC2");
      }
    }
  }

  private static boolean isCarriedByIfcfg(Guest guest) throws IOException {
    return Keyfiles.useIfcfg(guest)
        && IfcfgFiles.read(guest.edits(), "/etc/sysconfig/network-scripts").carrier().isPresent();
  }

  private static IniFile dhcp(IniFile profile) {
    IniFile changed =
        profile
            .without("connection", CONNECTION.asMatchPredicate())
            .without("ethernet", DEVICE.asMatchPredicate())
            .without("802-3-ethernet", DEVICE.asMatchPredicate())
            .withoutSections(section -> section.matches("match|(bridge|bond|team|ovs)-port"))
            .without("ipv4", ADDRESSES.asMatchPredicate())
            .without("ipv6", ADDRESSES.asMatchPredicate())
            .with("ipv4", "method", "auto");
    boolean off =
        profile.get("ipv6", "method").filter(m -> m.matches("ignore|disabled")).isPresent();
    return off ? changed : changed.with("ipv6", "method", "auto");
  }
}
