package io.vmferry.guest.conversion;

import io.vmferry.guest.Change;
import io.vmferry.guest.Finding;
import io.vmferry.guest.GuestFacts;
import java.util.List;
import java.util.Optional;

/**
 * What was found in a machine and what was changed in it. Serialises to JSON as it is.
 *
 * @param facts the machine as it was before; empty if it has no operating system that is known
 * @param findings what its owner must know, the worst first
 * @param changes every change, in the order in which they were made
 */
public record ConversionReport(
    Optional<GuestFacts> facts, List<Finding> findings, List<Change> changes) {
  /** Copies the lists. */
  public ConversionReport {
    findings = List.copyOf(findings);
    changes = List.copyOf(changes);
  }
}
