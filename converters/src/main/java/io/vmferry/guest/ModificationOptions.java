package io.vmferry.guest;

import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;

/**
 * What the modifications are asked for.
 *
 * @param rebuildInitramfs whether the guest's own tool (update-initramfs, dracut) makes each
 *     initramfs anew, instead of our appending the drivers to it
 * @param resetIdentity whether SSH host keys and the machine id are made anew at first boot
 * @param agentPackage the SSM agent's package, a file on this machine
 * @param agentUrl where the guest fetches the SSM agent's package at first boot
 */
public record ModificationOptions(
    boolean rebuildInitramfs,
    boolean resetIdentity,
    Optional<Path> agentPackage,
    Optional<URI> agentUrl) {

  /** Drivers are appended, the identity stays, no agent is installed. */
  public static ModificationOptions defaults() {
    return new ModificationOptions(false, false, Optional.empty(), Optional.empty());
  }
}
