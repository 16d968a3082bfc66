package io.vmferry.guest.linux.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.guest.linux.config.ConfigGuest;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class NetworkManagerTest {
  private static final String RHEL9 =
      """
      # facts: RED_HAT rhel 9 systemd rpm
      === /usr/lib/systemd/system/NetworkManager.service
      === /etc/systemd/system/multi-user.target.wants/NetworkManager.service -> /usr/lib/systemd/system/NetworkManager.service
      """;
  private static final String DIRECTORY = "/etc/NetworkManager/system-connections/";

  @Test
  void givesAProfileThatOthersMayReadTheModeItNeeds() throws IOException {
    ConfigGuest guest =
        ConfigGuest.parse(
            RHEL9
                + "=== /etc/NetworkManager/system-connections/a 0644\n"
                + "[connection]\nid=a\ntype=802-3-ethernet\n[ipv4]\nmethod=auto\n"
                + "[ipv6]\nmethod=auto\n");
    guest.apply(new NetworkManager());
    assertThat(guest.files().status(DIRECTORY + "a").orElseThrow().mode()).isEqualTo(0600);
  }

  @Test
  void prefersTheProfileThatStartsAtBoot() throws IOException {
    ConfigGuest guest =
        ConfigGuest.parse(
            RHEL9
                + """
                === /etc/NetworkManager/system-connections/a
                [connection]
                type=ethernet
                autoconnect=false
                === /etc/NetworkManager/system-connections/b
                [connection]
                type=ethernet
                zone=dmz
                === /etc/NetworkManager/system-connections/wifi
                [connection]
                type=wifi
                interface-name=wlp1s0
                """);
    guest.apply(new NetworkManager());
    assertThat(guest.files().list("/etc/NetworkManager/system-connections"))
        .containsExactly(".a.vmferry.orig", ".b.vmferry.orig", "b", "wifi");
    assertThat(guest.files().textOf(DIRECTORY + "b")).contains("zone=dmz", "method=auto");
    assertThat(guest.files().textOf(DIRECTORY + "wifi")).contains("interface-name=wlp1s0");
  }

  @Test
  void leavesTheNetworkToAnIfcfgFileWhereTheReleaseReadsIt() throws IOException {
    String ifcfg = "=== /etc/sysconfig/network-scripts/ifcfg-ens1\nDEVICE=ens1\nIPADDR=10.0.0.2\n";
    ConfigGuest nine = ConfigGuest.parse(RHEL9 + ifcfg);
    assertThat(nine.apply(new NetworkManager())).isEmpty();
    ConfigGuest ten = ConfigGuest.parse(RHEL9.replace("rhel 9", "rhel 10") + ifcfg);
    ten.apply(new RedHatIfcfg());
    ten.apply(new NetworkManager());
    assertThat(ten.files().paths())
        .contains(DIRECTORY + "vmferry-dhcp.nmconnection")
        .doesNotContain("/etc/sysconfig/network-scripts/ifcfg-ens1");
  }

  @Test
  void tellsWhereNothingCanBringUpTheNetwork() throws IOException {
    ConfigGuest guest = ConfigGuest.parse("# facts: RED_HAT centos 7 systemd rpm\n");
    assertThat(guest.apply(new NetworkCheck()))
        .singleElement()
        .matches(change -> change.summary().contains("no address"));
    assertThat(ConfigGuest.parse(RHEL9).apply(new NetworkCheck())).isEmpty();
  }

  @Test
  void ignoresAMaskedNetworkManager() throws IOException {
    ConfigGuest guest =
        ConfigGuest.parse(
            RHEL9.replace("rhel 9", "rhel 7")
                + "=== /etc/systemd/system/NetworkManager.service -> /dev/null\n"
                + "=== /etc/sysconfig/network-scripts/ifup 0755\n"
                + "=== /etc/sysconfig/network-scripts/ifcfg-em1\nDEVICE=em1\nIPADDR=10.0.0.2\n");
    guest.apply(new RedHatIfcfg());
    guest.apply(new NetworkManager());
    assertThat(guest.files().list("/etc/sysconfig/network-scripts"))
        .containsExactly(".ifcfg-em1.vmferry.orig", "ifcfg-eth0", "ifup");
    assertThat(guest.files().paths()).noneMatch(path -> path.endsWith(".nmconnection"));
  }
}
