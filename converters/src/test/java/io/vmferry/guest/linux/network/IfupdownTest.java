package io.vmferry.guest.linux.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.guest.Change;
import io.vmferry.guest.Change.Action;
import io.vmferry.guest.linux.config.ConfigGuest;
import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IfupdownTest {
  private static final String DEBIAN =
      """
      # facts: DEBIAN debian 12 systemd deb
      === /sbin/ifup 0755
      === /sbin/dhclient 0755
      """;

  @Test
  void dropsEveryStanzaOfACardAndKeepsTheRest() {
    String text =
        """
        # head
        auto lo eth0 wlan0 \\
             eth1
        iface lo inet loopback
            up true

        # the card
        iface eth0 inet static

            address 10.0.0.2
            # inside
        iface eth0 inet6 static
            address 2001:db8::2
        iface wlan0 inet dhcp
        iface vlan20 inet static
            vlan-raw-device eth0
        iface br1 inet static
            bridge_ports none
        rename mac/00:11:22:33:44:55=lan
        """;
    assertThat(InterfacesFile.of(text).withoutCards())
        .isEqualTo(
            """
            # head
            auto lo wlan0
            iface lo inet loopback
                up true

            # the card

            iface wlan0 inet dhcp
            iface br1 inet static
                bridge_ports none
            """);
  }

  @Test
  void followsIncludesButNotForEver() throws IOException {
    ConfigGuest guest =
        ConfigGuest.parse(
            DEBIAN
                + """
                === /etc/network/interfaces
                source /etc/network/more/*.cfg
                source interfaces.d/a?c
                source /etc/network/interfaces
                auto lo
                iface lo inet loopback
                === /etc/network/more/x.cfg
                source /etc/network/interfaces
                auto eth0
                iface eth0 inet static
                  address 10.0.0.2
                === /etc/network/more/x.txt
                iface eth7 inet static
                === /etc/network/interfaces.d/abc
                iface eth1 inet static
                """);
    guest.apply(new Ifupdown());
    assertThat(guest.files().textOf("/etc/network/more/x.cfg")).doesNotContain("eth0");
    assertThat(guest.files().textOf("/etc/network/interfaces.d/abc")).isEmpty();
    assertThat(guest.files().textOf("/etc/network/more/x.txt")).contains("eth7");
    assertThat(guest.files().textOf("/etc/network/interfaces")).contains("iface vmferry inet dhcp");
  }

  @Test
  void mapsAnyInterfaceToTheOneThatIsConfigured() throws IOException {
    ConfigGuest guest =
        ConfigGuest.parse(DEBIAN + "=== /etc/network/interfaces\niface ens1 inet static\n");
    guest.apply(new Ifupdown());
    assertThat(guest.files().textOf("/etc/network/interfaces"))
        .contains("allow-hotplug /e*\nmapping e*\n\tscript /etc/network/vmferry-interface\n");
    assertThat(guest.files().status("/etc/network/vmferry-interface").orElseThrow().mode())
        .isEqualTo(0755);
  }

  @Test
  void makesTheFileWhereNothingIsConfigured() throws IOException {
    ConfigGuest guest = ConfigGuest.parse(DEBIAN);
    List<Change> changes = guest.apply(new Ifupdown());
    assertThat(changes).first().extracting(Change::action).isEqualTo(Action.CREATED);
    assertThat(guest.files().textOf("/etc/network/interfaces")).startsWith("auto lo\n");
  }

  @Test
  void leavesAloneADeviceInThePlaceOfAFile() throws IOException {
    ConfigGuest guest =
        ConfigGuest.parse(
            DEBIAN
                + "=== /etc/network/interfaces\nsource /etc/network/interfaces.d/*\n"
                + "=== /etc/network/interfaces.d/x special\n");
    assertThat(guest.apply(new Ifupdown()))
        .anyMatch(change -> change.summary().startsWith("Left alone: /etc/network/interfaces.d/x"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "\0",
        "iface",
        "auto",
        "auto \\",
        "\\\n",
        "source\n",
        "mapping\niface\n",
        " x\n"
      })
  void copesWithAnyText(String text) {
    InterfacesFile file = InterfacesFile.of(text);
    assertThat(InterfacesFile.of(file.withoutCards()).hasCards()).isFalse();
    assertThat(file.includes()).isEmpty();
  }

  @Test
  void copesWithALineOfAMebibyte() {
    String text = "iface eth0 inet static\n address " + "1".repeat(1 << 20) + "\nauto lo\n";
    assertThat(InterfacesFile.of(text).withoutCards()).isEqualTo("auto lo\n");
  }
}
