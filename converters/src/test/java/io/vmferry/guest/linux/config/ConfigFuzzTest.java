package io.vmferry.guest.linux.config;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.vmferry.guest.Change;
import io.vmferry.guest.Change.Action;
import java.io.IOException;
import java.util.List;

/**
 * Hostile configuration files: whatever they are, changing them ends without a failure, and a
 * second time changes nothing more.
 */
class ConfigFuzzTest {

  /** {@code /etc/network/interfaces}. */
  @FuzzTest(maxDuration = "2m")
  void changesAnyInterfaces(byte[] bytes) throws IOException {
    changeTwice("DEBIAN debian 12 systemd deb", "/etc/network/interfaces", bytes);
  }

  /** {@code /etc/sysconfig/network-scripts/ifcfg-eth1}. */
  @FuzzTest(maxDuration = "2m")
  void changesAnyIfcfgFiles(byte[] bytes) throws IOException {
    changeTwice("RED_HAT rhel 7 systemd rpm", "/etc/sysconfig/network-scripts/ifcfg-eth1", bytes);
  }

  /** {@code /etc/sysconfig/network/ifcfg-eth0}. */
  @FuzzTest(maxDuration = "2m")
  void changesAnySuseFiles(byte[] bytes) throws IOException {
    changeTwice("SUSE sles 15 systemd rpm", "/etc/sysconfig/network/ifcfg-eth0", bytes);
  }

  /** {@code /etc/NetworkManager/system-connections/a}. */
  @FuzzTest(maxDuration = "2m")
  void changesAnyKeyfiles(byte[] bytes) throws IOException {
    changeTwice("RED_HAT rhel 10 systemd rpm", "/etc/NetworkManager/system-connections/a", bytes);
  }

  /** {@code /etc/netplan/a.yaml}. */
  @FuzzTest(maxDuration = "2m")
  void changesAnyNetplanFiles(byte[] bytes) throws IOException {
    changeTwice(
        "DEBIAN ubuntu 24 systemd deb\n=== /usr/sbin/netplan 0755", "/etc/netplan/a.yaml", bytes);
  }

  /** {@code /etc/systemd/network/a.network}. */
  @FuzzTest(maxDuration = "2m")
  void changesAnyNetworkdFiles(byte[] bytes) throws IOException {
    changeTwice(
        "DEBIAN debian 13 systemd deb\n=== /lib/systemd/system/systemd-networkd.service",
        "/etc/systemd/network/a.network",
        bytes);
  }

  /** {@code /etc/cloud/cloud.cfg}. */
  @FuzzTest(maxDuration = "2m")
  void changesAnyCloudConfigurations(byte[] bytes) throws IOException {
    changeTwice("DEBIAN ubuntu 24 systemd deb", "/etc/cloud/cloud.cfg", bytes);
  }

  /** {@code /etc/udev/rules.d/x.rules}. */
  @FuzzTest(maxDuration = "2m")
  void changesAnyUdevRules(byte[] bytes) throws IOException {
    changeTwice("DEBIAN debian 8 systemd deb", "/etc/udev/rules.d/x.rules", bytes);
  }

  /** {@code /etc/fstab}. */
  @FuzzTest(maxDuration = "2m")
  void changesAnyFstabs(byte[] bytes) throws IOException {
    changeTwice("DEBIAN debian 12 systemd deb", "/etc/fstab", bytes);
  }

  /** {@code /etc/crypttab}. */
  @FuzzTest(maxDuration = "2m")
  void changesAnyCrypttabs(byte[] bytes) throws IOException {
    changeTwice("DEBIAN debian 12 systemd deb", "/etc/crypttab", bytes);
  }

  /** {@code /etc/inittab}. */
  @FuzzTest(maxDuration = "2m")
  void changesAnyInittabs(byte[] bytes) throws IOException {
    changeTwice("RED_HAT centos 5 rpm", "/etc/inittab", bytes);
  }

  private static void changeTwice(String facts, String path, byte[] bytes) throws IOException {
    ConfigGuest guest = ConfigGuest.parse("# facts: " + facts + "\n");
    guest.files().file(path, bytes, 0644);
    guest.apply(LinuxConfigModifications.all());
    List<Change> again = guest.apply(LinuxConfigModifications.all());
    assertThat(again).filteredOn(change -> change.action() != Action.NOTE).isEmpty();
  }
}
