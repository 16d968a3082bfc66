package io.vmferry.functions.announce;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskStatus;
import io.vmferry.guest.Finding;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What became of an upload, as {@code <key>.result.json} beside it tells: docs/events.md, {@code
 * docs/schemas/import-result.schema.json}.
 *
 * @param status {@code completed}, {@code failed}, {@code cancelled}, {@code refused} or {@code
 *     waiting}
 * @param source the object, {@code s3://bucket/key}
 * @param startedAt when the task was accepted, or where there is none, the upload was stored: a
 *     result is never replaced by one that started earlier, and that of an upload's task replaces
 *     whatever was told before the task was there
 * @param endedAt when the task ended, or was refused; empty while files are waited for
 * @param taskId the task; empty if there is none
 * @param imageId the AMI
 * @param snapshots the snapshots
 * @param findings what was noticed in the guest, in words
 * @param missing what is waited for
 * @param error why it failed or was refused
 */
public record ResultDocument(
    String status,
    String source,
    Instant startedAt,
    Optional<Instant> endedAt,
    Optional<String> taskId,
    Optional<String> imageId,
    List<SnapshotDocument> snapshots,
    List<FindingDocument> findings,
    List<String> missing,
    Optional<ErrorDocument> error) {
  private static final int MOST_FINDINGS = 100;

  /**
   * Something that was noticed in the guest.
   *
   * @param severity {@code ERROR}, {@code WARNING} or {@code NOTE}
   * @param code the stable code, see docs/errors.md
   * @param message for people
   */
  public record FindingDocument(String severity, String code, String message) {}

  /** The result of a task that has ended. */
  static ResultDocument of(Task task, String source) {
    boolean completed = task.status() == TaskStatus.COMPLETED;
    return new ResultDocument(
        completed ? "completed" : isCancelled(task) ? "cancelled" : "failed",
        source,
        task.createdAt(),
        Optional.of(task.updatedAt()),
        Optional.of(task.id()),
        completed ? task.imageId() : Optional.empty(),
        completed ? SnapshotDocument.of(task) : List.of(),
        task.guest()
            .map(
                report ->
                    report.findings().stream()
                        .limit(MOST_FINDINGS)
                        .map(ResultDocument::document)
                        .toList())
            .orElse(List.of()),
        List.of(),
        task.error().map(ErrorDocument::of));
  }

  private static boolean isCancelled(Task task) {
    return task.error().filter(e -> e.code() == ErrorCode.TASK_CANCELLED).isPresent();
  }

  private static FindingDocument document(Finding finding) {
    return new FindingDocument(
        finding.severity().name(),
        finding.code().name(),
        new VmferryException(finding.code(), finding.detail()).getMessage());
  }

  /**
   * The result of an upload that no task is started for.
   *
   * @param stored when the upload was stored
   * @param at when it was refused
   */
  public static ResultDocument refused(
      String source, Instant stored, Instant at, ErrorDocument error) {
    return new ResultDocument(
        "refused",
        source,
        stored,
        Optional.of(at),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        List.of(),
        List.of(),
        Optional.of(error));
  }

  /**
   * The result, for now, of a set that lacks files.
   *
   * @param stored when the object that stands for the set was stored
   */
  public static ResultDocument waiting(String source, Instant stored, List<String> missing) {
    return new ResultDocument(
        "waiting",
        source,
        stored,
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        List.of(),
        missing,
        Optional.empty());
  }
}
