package io.vmferry.guest.linux.network;

import io.vmferry.guest.Distribution;
import io.vmferry.guest.Distribution.Family;
import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.TextFile;
import io.vmferry.guest.linux.files.ConfigFiles;
import io.vmferry.guest.linux.files.IniFile;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** NetworkManager's profiles in {@code /etc/NetworkManager/system-connections}. */
final class Keyfiles {
  static final String DIRECTORY = "/etc/NetworkManager/system-connections";
  private static final Set<String> ETHERNET = Set.of("ethernet", "802-3-ethernet");
  private static final Set<String> MADE_OF_CARDS =
      Set.of("bond", "team", "vlan", "macvlan", "ovs-bridge", "ovs-port", "ovs-interface");
  private static final List<String> MASTER_KEYS = List.of("master", "controller");

  /** A profile. */
  record Profile(TextFile file, IniFile content) {
    boolean isEthernet() {
      return ETHERNET.contains(type());
    }

    String type() {
      return content.get("connection", "type").orElse("");
    }

    Stream<String> masters() {
      return MASTER_KEYS.stream().flatMap(key -> content.get("connection", key).stream());
    }

    boolean isCalled(Set<String> names) {
      return Stream.of("id", "uuid", "interface-name")
          .flatMap(key -> content.get("connection", key).stream())
          .anyMatch(names::contains);
    }

    boolean starts() {
      return content.get("connection", "autoconnect").filter("false"::equals).isEmpty();
    }
  }

  private final List<Profile> profiles;

  private Keyfiles(List<Profile> profiles) {
    this.profiles = profiles;
  }

  static Keyfiles read(GuestEdits edits) throws IOException {
    List<Profile> profiles = new ArrayList<>();
    for (String path : ConfigFiles.list(edits.files(), DIRECTORY, name -> true)) {
      Optional<TextFile> file = ConfigFiles.read(edits, path);
      if (file.isPresent()) {
        profiles.add(new Profile(file.get(), IniFile.of(file.get().text())));
      }
    }
    return new Keyfiles(profiles);
  }

  /** Those of cards, and of what is made of cards. */
  List<Profile> cards() {
    Set<String> masters =
        profiles.stream()
            .filter(Profile::isEthernet)
            .flatMap(Profile::masters)
            .collect(Collectors.toSet());
    return profiles.stream()
        .filter(
            profile ->
                profile.isEthernet()
                    || MADE_OF_CARDS.contains(profile.type())
                    || (profile.type().equals("bridge") && profile.isCalled(masters)))
        .toList();
  }

  /** The profile of a card whose other settings are worth keeping; empty if there is none. */
  Optional<Profile> carrier() {
    List<Profile> ethernet = profiles.stream().filter(Profile::isEthernet).toList();
    return ethernet.stream()
        .filter(profile -> profile.starts() && profile.masters().findAny().isEmpty())
        .findFirst()
        .or(() -> ethernet.stream().findFirst());
  }

  /**
   * Whether NetworkManager of this guest reads Red Hat's ifcfg files and has no profile of a card
   * in its own format. Release 10 and Fedora 36 dropped the old format.
   */
  static boolean useIfcfg(Guest guest) throws IOException {
    Distribution distribution = guest.linux().distribution();
    int last = distribution.id().equals("fedora") ? 35 : 9;
    return distribution.family() == Family.RED_HAT
        && distribution.major().orElse(Integer.MAX_VALUE) <= last
        && read(guest.edits()).carrier().isEmpty();
  }
}
