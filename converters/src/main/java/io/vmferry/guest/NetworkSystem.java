package io.vmferry.guest;

/** The systems that may configure a Linux guest's network. */
public enum NetworkSystem {
  /** {@code /etc/network/interfaces}. */
  IFUPDOWN,
  /** {@code /etc/sysconfig/network-scripts/ifcfg-*}. */
  IFCFG_RED_HAT,
  /** {@code /etc/sysconfig/network/ifcfg-*}, of wicked or the older ifup. */
  IFCFG_SUSE,
  /** {@code /etc/netplan/*.yaml}. */
  NETPLAN,
  /** Keyfiles in {@code /etc/NetworkManager/system-connections}. */
  NETWORK_MANAGER,
  /** {@code /etc/systemd/network/*.network}. */
  NETWORKD,
  /** cloud-init, which writes the others' files. */
  CLOUD_INIT
}
