package io.vmferry.guest.linux.network;

import io.vmferry.guest.Guest;
import io.vmferry.guest.GuestEdits;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.LinuxFacts;
import io.vmferry.guest.Modification;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.NetworkSystem;
import io.vmferry.guest.TextFile;
import io.vmferry.guest.linux.files.ConfigFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code /etc/netplan}: one file of DHCP for any interface in place of all. The renderer stays. For
 * NetworkManager, whose profiles netplan cannot have match patterns in every release, the file
 * leaves all interfaces to it: by itself it does DHCP on them.
 */
public final class Netplan implements Modification {
  private static final String DIRECTORY = "/etc/netplan";
  private static final String FILE = DIRECTORY + "/50-vmferry.yaml";

  /** Where netplan reads files, the later before the earlier where both say something. */
  private static final List<String> DIRECTORIES =
      List.of("/lib/netplan", "/usr/lib/netplan", DIRECTORY);

  /** Newer releases complain about files that others may read. */
  private static final int MODE = 0600;

  private static final Pattern RENDERER =
      Pattern.compile("[\"']?renderer[\"']?\\s*:\\s*[\"']?(networkd|NetworkManager)\\b.*");
  private static final Pattern NETWORK = Pattern.compile("[\"']?network[\"']?\\s*:(.*)");

  /** Makes the modification. */
  public Netplan() {}

  @Override
  public String name() {
    return "network-netplan";
  }

  @Override
  public boolean appliesTo(GuestFacts facts, ModificationOptions options) {
    return switch (facts.system()) {
      case LinuxFacts linux ->
          switch (linux.distribution().family()) {
            case DEBIAN, OTHER -> true;
            case RED_HAT, SUSE, AMAZON -> false;
          };
    };
  }

  @Override
  public void apply(Guest guest) throws IOException {
    if (!EffectiveNetwork.is(guest, NetworkSystem.NETPLAN)) {
      return;
    }
    GuestEdits edits = guest.edits();
    Optional<String> renderer = renderer(edits);
    for (String path : yaml(edits, DIRECTORY)) {
      if (!path.equals(FILE)) {
        edits.remove(path, "replaced by " + FILE);
      }
    }
    edits.create(
        FILE, StandardCharsets.UTF_8.encode(text(renderer)), MODE, "DHCP on any interface");
  }

  private static String text(Optional<String> renderer) {
    String head =
        "# One network interface, whatever its name, by DHCP (vmferry).\nnetwork:\n  version: 2\n"
            + renderer.map("  renderer: %s\n"::formatted).orElse("");
    boolean manager = renderer.filter("NetworkManager"::equals).isPresent();
    return manager
        ? head
        : head
            + """
              ethernets:
                vmferry:
                  match:
                    name: "%s"
                  dhcp4: true
            """
                .formatted(Interfaces.ANY);
  }

  private static List<String> yaml(GuestEdits edits, String directory) throws IOException {
    return ConfigFiles.list(edits.files(), directory, name -> name.endsWith(".yaml"));
  }

  private static Optional<String> renderer(GuestEdits edits) throws IOException {
    Optional<String> found = Optional.empty();
    for (String directory : DIRECTORIES) {
      for (String path : yaml(edits, directory)) {
        Optional<TextFile> file = ConfigFiles.read(edits, path);
        if (file.isPresent()) {
          Optional<String> here = renderer(file.get().text());
          found = here.isPresent() ? here : found;
        }
      }
    }
    return found;
  }

  /** The renderer of all interfaces, which is a key right below {@code network}. */
  static Optional<String> renderer(String text) {
    int indent = -1;
    boolean inNetwork = false;
    Optional<String> found = Optional.empty();
    for (String line : text.lines().toList()) {
      String stripped = line.strip();
      if (stripped.isEmpty() || stripped.startsWith("#")) {
        continue;
      }
      int here = line.indexOf(stripped.charAt(0));
      Matcher network = NETWORK.matcher(stripped);
      if (here == 0) {
        inNetwork = network.matches();
        indent = -1;
        if (inNetwork && network.group(1).strip().startsWith("{")) {
          found = inBraces(text.substring(text.indexOf(line)));
        }
      } else if (inNetwork) {
        indent = indent < 0 ? here : indent;
        Matcher renderer = RENDERER.matcher(stripped);
        if (here == indent && renderer.matches()) {
          found = Optional.of(renderer.group(1));
        }
      }
    }
    return found;
  }

  /** The same where the mapping is written in braces. */
  private static Optional<String> inBraces(String text) {
    StringBuilder outermost = new StringBuilder();
    int depth = 0;
    for (int i = text.indexOf('{'); i < text.length(); i++) {
      char c = text.charAt(i);
      depth += c == '{' ? 1 : c == '}' ? -1 : 0;
      if (depth == 0) {
        break;
      }
      if (depth == 1 && c != '{' && c != '}') {
        outermost.append(c);
      }
    }
    for (String pair : outermost.toString().split(",", -1)) {
      Matcher renderer = RENDERER.matcher(pair.strip());
      if (renderer.matches()) {
        return Optional.of(renderer.group(1));
      }
    }
    return Optional.empty();
  }
}
