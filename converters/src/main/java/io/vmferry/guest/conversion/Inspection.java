package io.vmferry.guest.conversion;

import io.vmferry.guest.Finding;
import io.vmferry.guest.GuestFacts;
import java.util.List;
import java.util.Optional;

/**
 * What inspection found.
 *
 * @param facts the machine; empty if it has no operating system that is known
 * @param findings what its owner must know, the worst first
 */
public record Inspection(Optional<GuestFacts> facts, List<Finding> findings) {
  /** Copies the list. */
  public Inspection {
    findings = List.copyOf(findings);
  }
}
