package io.vmferry.functions.service;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.port.ObjectStore;
import io.vmferry.guest.Change;
import io.vmferry.guest.Finding;
import io.vmferry.guest.conversion.ConversionReport;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What became of a task's guest, as it is kept in the work bucket.
 *
 * @param report what was found and changed
 * @param changedDisks the indexes of the disks of which something was changed
 */
record GuestResult(ConversionReport report, List<Integer> changedDisks) {
  /** The most characters that a task's record has room for, compressed, beside its disks. */
  private static final int LARGEST = 256 << 10;

  /** Copies the list. */
  GuestResult {
    changedDisks = List.copyOf(changedDisks);
  }

  /** What is stored for a task; empty if its guest is not done. */
  static Optional<GuestResult> find(ObjectStore objects, WorkFiles files, String taskId)
      throws IOException {
    try (InputStream stored = objects.read(files.bucket(), files.guest(taskId))) {
      String text = new String(stored.readAllBytes(), StandardCharsets.UTF_8);
      return Optional.of(Json.read(text, GuestResult.class));
    } catch (VmferryException e) {
      if (e.code() == ErrorCode.SOURCE_NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * The report as it fits in the task's record: of a guest with thousands of files to change, or
   * with enormous names, the last changes are left out, which a note says.
   */
  ConversionReport bounded() {
    int changes = report.changes().size();
    int findings = report.findings().size();
    ConversionReport bounded = report;
    while (Json.write(bounded).length() > LARGEST && changes + findings > 0) {
      changes /= 2;
      findings = changes == 0 ? findings / 2 : findings;
      List<Change> kept = new ArrayList<>(report.changes().subList(0, changes));
      kept.add(
          new Change(
              "report",
              Change.Action.NOTE,
              Optional.empty(),
              Optional.empty(),
              "%d more changes and %d more findings are too much for the task's record"
                  .formatted(
                      report.changes().size() - changes, report.findings().size() - findings)));
      List<Finding> found = report.findings().subList(0, findings);
      bounded = new ConversionReport(report.facts(), found, kept);
    }
    return Json.write(bounded).length() > LARGEST
        ? new ConversionReport(Optional.empty(), bounded.findings(), bounded.changes())
        : bounded;
  }
}
