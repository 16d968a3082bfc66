package io.vmferry.cli;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.service.CheckReport;
import io.vmferry.guest.Change;
import io.vmferry.guest.Finding;
import io.vmferry.guest.GuestFacts;
import io.vmferry.guest.conversion.ConversionReport;
import java.util.List;
import java.util.Optional;

/** What is known of guests as JSON for scripts. The names are API. */
final class GuestJson {
  private GuestJson() {}

  /** What a check found. */
  static CheckView of(CheckReport report) {
    return new CheckView(
        !report.hasErrors(),
        report.findings().stream().map(GuestJson::of).toList(),
        report.facts(),
        report.bytesRead(),
        report.bytesTotal());
  }

  /** What an import found and changed. */
  static GuestView of(ConversionReport report) {
    return new GuestView(
        report.facts(), report.findings().stream().map(GuestJson::of).toList(), report.changes());
  }

  /** A finding with what to do. */
  static FindingView of(Finding finding) {
    return new FindingView(
        finding.severity(),
        finding.code(),
        finding.detail(),
        new VmferryException(finding.code(), finding.detail()).getMessage(),
        finding.code().remedy());
  }

  /**
   * A check.
   *
   * @param importable whether no finding is an error
   * @param findings the worst first
   * @param facts the guest
   * @param bytesRead bytes fetched
   * @param bytesTotal bytes in the sources
   */
  record CheckView(
      boolean importable,
      List<FindingView> findings,
      Optional<GuestFacts> facts,
      long bytesRead,
      long bytesTotal) {}

  /**
   * A guest that was imported.
   *
   * @param facts as it was before
   * @param findings the worst first
   * @param changes every change, in order
   */
  record GuestView(Optional<GuestFacts> facts, List<FindingView> findings, List<Change> changes) {}

  /**
   * A finding.
   *
   * @param severity whether it stops an import
   * @param code the stable code
   * @param found what was found and where
   * @param message the whole message, which starts with the guide's text where it has one
   * @param remedy what to do
   */
  record FindingView(
      Finding.Severity severity, ErrorCode code, String found, String message, String remedy) {}
}
