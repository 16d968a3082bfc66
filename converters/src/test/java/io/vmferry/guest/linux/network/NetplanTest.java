package io.vmferry.guest.linux.network;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.guest.linux.config.ConfigGuest;
import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class NetplanTest {
  private static final String UBUNTU =
      "# facts: DEBIAN ubuntu 24 systemd deb\n=== /usr/sbin/netplan 0755\n";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "network:/  renderer: networkd | networkd",
        "network:/    version: 2/    renderer: 'NetworkManager' # all | NetworkManager",
        "network: {renderer: networkd, version: 2} | networkd",
        "\"network\": {/ \"ethernets\": {\"a\": {\"renderer\": \"NetworkManager\"}},/ \"renderer\":"
            + " \"networkd\"} | networkd",
      })
  void findsTheRendererOfAllInterfaces(String text, String renderer) {
    assertThat(Netplan.renderer(text.replace('/', '\n'))).contains(renderer);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "network:",
        "network: {",
        "network: {version: 2}",
        "network:\n  ethernets:\n    a:\n      renderer: NetworkManager\n",
        "other:\n  renderer: networkd\n",
        "# network:\n#   renderer: networkd\n",
        "network:\n  renderer: something\n",
        "\0\0{}{}}}}\n",
      })
  void findsNoneWhereThereIsNone(String text) {
    assertThat(Netplan.renderer(text)).isEmpty();
  }

  @Test
  void letsTheLastFileDecide() throws IOException {
    ConfigGuest guest =
        ConfigGuest.parse(
            UBUNTU
                + """
                === /usr/lib/netplan/00-all.yaml
                network:
                  renderer: NetworkManager
                === /etc/netplan/01.yaml
                network:
                  renderer: networkd
                === /etc/netplan/02.yaml
                network:
                  version: 2
                """);
    guest.apply(new Netplan());
    assertThat(guest.files().textOf("/etc/netplan/50-vmferry.yaml"))
        .contains("  renderer: networkd\n", "name: \"e*\"", "dhcp4: true");
    assertThat(guest.files().list("/etc/netplan"))
        .containsExactly(".01.yaml.vmferry.orig", ".02.yaml.vmferry.orig", "50-vmferry.yaml");
  }

  @Test
  void configuresAGuestThatHasNothing() throws IOException {
    ConfigGuest guest = ConfigGuest.parse(UBUNTU);
    guest.apply(new Netplan());
    assertThat(guest.files().textOf("/etc/netplan/50-vmferry.yaml")).contains("dhcp4: true");
  }
}
