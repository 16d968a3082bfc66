package io.vmferry.guest;

import java.util.Optional;

/**
 * A guest in the hands of the modifications.
 *
 * @param facts what inspection found
 * @param edits its files, and the report of what changes
 * @param options what was asked for
 * @param commands runs the guest's own programs; empty where there is no appliance
 */
public record Guest(
    GuestFacts facts,
    GuestEdits edits,
    ModificationOptions options,
    Optional<GuestCommands> commands) {

  /** The Linux facts; a modification that asks applies to Linux guests only. */
  public LinuxFacts linux() {
    return switch (facts.system()) {
      case LinuxFacts linux -> linux;
    };
  }
}
