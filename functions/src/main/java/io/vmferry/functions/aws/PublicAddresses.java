package io.vmferry.functions.aws;

import java.net.InetAddress;
import java.util.List;

/**
 * The addresses of the public internet: all but those that IANA's special-purpose registries keep
 * for something else. A metadata service, a neighbour in the VPC or this very machine cannot be
 * reached through any of them.
 */
final class PublicAddresses {
  private static final List<Network> SPECIAL_IPV4 =
      List.of(
          network("0.0.0.0", 8), // this network
          network("10.0.0.0", 8), // private
          network("100.64.0.0", 10), // carriers' NAT
          network("127.0.0.0", 8), // loopback
          network("169.254.0.0", 16), // link-local, with the metadata services
          network("172.16.0.0", 12), // private
          network("192.0.0.0", 24), // protocol assignments
          network("192.0.2.0", 24), // documentation
          network("192.88.99.0", 24), // 6to4 relays
          network("192.168.0.0", 16), // private
          network("198.18.0.0", 15), // benchmarks
          network("198.51.100.0", 24), // documentation
          network("203.0.113.0", 24), // documentation
          network("224.0.0.0", 4), // multicast
          network("240.0.0.0", 4)); // reserved, with the broadcast

  /** Everything else is loopback, link-local, unique-local, multicast, mapped or NAT64. */
  private static final Network GLOBAL_IPV6 = network("2000::", 3);

  private static final List<Network> SPECIAL_IPV6 =
      List.of(
          network("2001::", 23), // protocol assignments, with Teredo
          network("2001:db8::", 32), // documentation
          network("2002::", 16), // 6to4: an IPv4 address in disguise
          network("3fff::", 20)); // documentation

  private PublicAddresses() {}

  static boolean contains(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (bytes.length == 4) {
      return SPECIAL_IPV4.stream().noneMatch(network -> network.contains(bytes));
    }
    return GLOBAL_IPV6.contains(bytes)
        && SPECIAL_IPV6.stream().noneMatch(network -> network.contains(bytes));
  }

  private static Network network(String address, int prefix) {
    return new Network(InetAddress.ofLiteral(address), prefix);
  }

  private record Network(InetAddress address, int prefix) {
    boolean contains(byte[] other) {
      byte[] own = address.getAddress();
      int whole = prefix / 8;
      for (int i = 0; i < whole; i++) {
        if (own[i] != other[i]) {
          return false;
        }
      }
      int rest = 8 - prefix % 8;
      return rest == 8 || (own[whole] & 0xff) >> rest == (other[whole] & 0xff) >> rest;
    }
  }
}
