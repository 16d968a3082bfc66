package io.vmferry.guest.linux.network;

import java.util.regex.Pattern;

/** What the names of network interfaces tell. */
final class Interfaces {
  /**
   * Matches every name of an Ethernet interface: {@code ens5} on Nitro, {@code eth0} on Xen, {@code
   * enX0} on Xen with a new systemd, {@code enp0s3}.
   */
  static final String ANY = "e*";

  /** The name on Xen, and wherever the kernel's names are kept. */
  static final String KERNEL = "eth0";

  /** The usual name on Nitro with predictable names. */
  static final String NITRO = "ens5";

  /** What is no network card, and what software makes for itself. */
  private static final Pattern OTHER =
      Pattern.compile(
          "(lo|wl|ww|ppp|ippp|isdn|slip|tun|tap|wg|ipsec|sit|gre|docker|podman|virbr|lxc|lxdbr|veth"
              + "|ve-|vb-|vz-|vnet|dummy|cni|flannel|kube|cali|usb|can)[a-zA-Z0-9_.:-]*");

  private Interfaces() {}

  /** Whether a name may be that of a network card, or of something made of network cards. */
  static boolean mayBeCard(String name) {
    return !OTHER.matcher(name).matches();
  }
}
