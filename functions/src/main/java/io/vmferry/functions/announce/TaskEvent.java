package io.vmferry.functions.announce;

import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * The detail of an event about a task that took another state: docs/events.md, {@code
 * docs/schemas/task-state-change.schema.json}.
 *
 * @param taskId the task
 * @param kind {@code import-image} or {@code import-snapshot}
 * @param version counts the task's changes: with the task's id it names the event, however often it
 *     arrives
 * @param status the state it is in
 * @param previousStatus the state it was in; empty if it is new
 * @param statusMessage for people
 * @param createdAt when it was accepted
 * @param updatedAt when it took this state
 * @param sources where its images are, without credentials
 * @param imageId the AMI, once it is registered
 * @param snapshots its results; only of a completed task
 * @param error why it failed
 */
public record TaskEvent(
    String taskId,
    String kind,
    long version,
    String status,
    Optional<String> previousStatus,
    String statusMessage,
    Instant createdAt,
    Instant updatedAt,
    List<String> sources,
    Optional<String> imageId,
    List<SnapshotDocument> snapshots,
    Optional<ErrorDocument> error) {
  /** The detail-type of such events. */
  public static final String DETAIL_TYPE = "vmferry Task State Change";

  /** So many that the event stays far below EventBridge's limit of 256 KiB. */
  private static final int LONGEST_MESSAGE = 4000;

  /** The event of a task in its new state. */
  static TaskEvent of(Optional<Task> before, Task after) {
    boolean completed = after.status() == TaskStatus.COMPLETED;
    return new TaskEvent(
        after.id(),
        kind(after.request().kind()),
        after.version(),
        status(after.status()),
        before.map(task -> status(task.status())),
        shortened(after.statusMessage()),
        after.createdAt(),
        after.updatedAt(),
        sources(after),
        completed ? after.imageId() : Optional.empty(),
        completed ? SnapshotDocument.of(after) : List.of(),
        after.error().map(e -> ErrorDocument.of(e.code(), shortened(e.message()))));
  }

  static List<String> sources(Task task) {
    return task.request().containers().stream()
        .map(DiskContainer::withoutCredentials)
        .map(DiskContainer::url)
        .toList();
  }

  static String kind(TaskKind kind) {
    return switch (kind) {
      case IMPORT_IMAGE -> "import-image";
      case IMPORT_SNAPSHOT -> "import-snapshot";
    };
  }

  static String status(TaskStatus status) {
    return status.name().toLowerCase(Locale.ROOT);
  }

  private static String shortened(String message) {
    return message.length() <= LONGEST_MESSAGE
        ? message
        : message.substring(0, LONGEST_MESSAGE) + "…";
  }
}
