package io.vmferry.functions.task;

import java.util.Optional;

/**
 * What an import does to the guest.
 *
 * @param modify whether it is changed so that it boots on EC2
 * @param dryRun whether every change is listed and none is made, nor an image
 * @param rebuildInitramfs whether the guest's own tool makes each initramfs anew
 * @param resetIdentity whether SSH host keys and the machine id are made anew at first boot
 * @param agentPackage where the SSM agent's package is, {@code s3://bucket/key}, which is installed
 *     into the guest
 * @param agentUrl where the guest fetches the SSM agent's package at first boot, {@code https://…}
 */
public record GuestOptions(
    boolean modify,
    boolean dryRun,
    boolean rebuildInitramfs,
    boolean resetIdentity,
    Optional<String> agentPackage,
    Optional<String> agentUrl) {
  /** The guest is left as it is. */
  public static final GuestOptions AS_IT_IS =
      new GuestOptions(false, false, false, false, Optional.empty(), Optional.empty());

  /** The guest is changed, without any extras. */
  public static final GuestOptions MODIFIED =
      new GuestOptions(true, false, false, false, Optional.empty(), Optional.empty());

  /** The options with no credentials in the agent's URL. */
  GuestOptions withoutCredentials() {
    return new GuestOptions(
        modify,
        dryRun,
        rebuildInitramfs,
        resetIdentity,
        agentPackage,
        agentUrl.map(url -> DiskContainer.of(url).withoutCredentials().url()));
  }
}
