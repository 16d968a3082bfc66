package io.vmferry.functions.aws;

import java.net.InetAddress;

/** Which addresses a URL that a user gave may lead to. */
@FunctionalInterface
public interface AddressPolicy {
  /** Addresses of the public internet only. */
  AddressPolicy PUBLIC = PublicAddresses::contains;

  /** Whether a connection to that address may be made. */
  boolean allows(InetAddress address);
}
