package io.vmferry.functions.service;

import io.vmferry.functions.task.Disk;
import io.vmferry.guest.Finding;
import io.vmferry.guest.GuestFacts;
import java.util.List;
import java.util.Optional;

/**
 * What a check found.
 *
 * @param findings the worst first
 * @param disks the machine's disks, as far as they could be opened
 * @param facts the guest; empty if it could not be looked into, or has no known system
 * @param bytesRead bytes fetched from the sources
 * @param bytesTotal bytes in the sources
 */
public record CheckReport(
    List<Finding> findings,
    List<Disk> disks,
    Optional<GuestFacts> facts,
    long bytesRead,
    long bytesTotal) {
  /** Copies the lists. */
  public CheckReport {
    findings = List.copyOf(findings);
    disks = List.copyOf(disks);
  }

  /** Whether an import would fail, or make what does not boot. */
  public boolean hasErrors() {
    return findings.stream().anyMatch(finding -> finding.severity() == Finding.Severity.ERROR);
  }
}
