package io.vmferry.guest.linux.network;

import io.vmferry.guest.Distribution;
import io.vmferry.guest.Distribution.Family;
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
import java.util.stream.Collectors;

/**
 * {@code /etc/network/interfaces} and the files it includes: every stanza of a network card, or of
 * what is made of network cards (bridge, bond, VLAN, alias), goes, and one that brings up any
 * interface by DHCP comes.
 */
public final class Ifupdown implements Modification {
  private static final String MARK =
      "# One network interface, whatever its name, by DHCP (vmferry).\n";
  private static final String SCRIPT = "/etc/network/vmferry-interface";
  private static final String SUMMARY = "DHCP on any interface; static addresses dropped";

  /** Where patterns are not understood: the names on Xen, Nitro and emulated machines. */
  private static final List<String> NAMES =
      List.of("eth0", "ens3", "ens4", "ens5", "ens6", "enX0", "enp0s3", "enp0s4", "enp0s5");

  /** Makes the modification. */
  public Ifupdown() {}

  @Override
  public String name() {
    return "network-ifupdown";
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
    GuestEdits edits = guest.edits();
    boolean effective = EffectiveNetwork.is(guest, NetworkSystem.IFUPDOWN);
    String stanza = effective ? stanza(guest.linux()) : "";
    for (String path : IfupdownFiles.included(edits.files())) {
      Optional<TextFile> file = ConfigFiles.read(edits, path);
      if (file.isPresent()) {
        boolean main = path.equals(file.get().path()) && isMain(edits, path);
        change(edits, file.get(), main ? stanza : "");
      }
    }
    if (effective) {
      if (!ConfigFiles.exists(edits.files(), IfupdownFiles.MAIN)) {
        edits.create(IfupdownFiles.MAIN, "auto lo\niface lo inet loopback\n\n" + stanza, SUMMARY);
      }
      if (stanza.contains(SCRIPT)) {
        edits.create(
            SCRIPT,
            StandardCharsets.UTF_8.encode(
                "#!/bin/sh\n# Any interface is this one.\necho vmferry\n"),
            0755,
            "maps any interface to the one that is configured");
      }
    }
  }

  private static boolean isMain(GuestEdits edits, String path) throws IOException {
    return edits.text(IfupdownFiles.MAIN).filter(main -> main.path().equals(path)).isPresent();
  }

  private static void change(GuestEdits edits, TextFile file, String stanza) throws IOException {
    boolean ours = !stanza.isEmpty() && file.text().endsWith(stanza);
    if (ours && !InterfacesFile.of(without(file.text(), stanza)).hasCards()) {
      return;
    }
    boolean touched = InterfacesFile.of(file.text()).hasCards();
    if (!touched && stanza.isEmpty()) {
      return;
    }
    String text = InterfacesFile.of(file.text().replace(MARK, "")).withoutCards();
    String gap = stanza.isEmpty() || text.isEmpty() || text.endsWith("\n\n") ? "" : "\n";
    edits.change(
        file, text + gap + stanza, stanza.isEmpty() ? "static addresses dropped" : SUMMARY);
  }

  private static String without(String text, String end) {
    return text.substring(0, text.length() - end.length());
  }

  /**
   * What brings an interface up, as the release's ifupdown understands it. Patterns of names came
   * with 0.8.20. {@code allow-hotplug} waits for no interface that is not there. Upstart brings up
   * {@code auto} ones only, and its systems know no names but the kernel's.
   */
  private static String stanza(LinuxFacts linux) {
    Distribution distribution = linux.distribution();
    boolean ubuntu = distribution.id().equals("ubuntu");
    if (distribution.family() == Family.DEBIAN && distribution.major().isPresent()) {
      int major = distribution.major().getAsInt();
      if (ubuntu && major < 15) {
        return MARK + "auto eth0\niface eth0 inet dhcp\n";
      }
      if (major < (ubuntu ? 19 : 10)) {
        return MARK
            + "allow-hotplug "
            + String.join(" ", NAMES)
            + "\n"
            + NAMES.stream().map("iface %s inet dhcp\n"::formatted).collect(Collectors.joining());
      }
    }
    return MARK
        + "allow-hotplug /%1$s\nmapping %1$s\n\tscript %2$s\niface vmferry inet dhcp\n"
            .formatted(Interfaces.ANY, SCRIPT);
  }
}
