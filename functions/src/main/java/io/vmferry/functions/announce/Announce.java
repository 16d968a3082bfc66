package io.vmferry.functions.announce;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.port.AnnouncementStore;
import io.vmferry.functions.port.EventPublisher;
import io.vmferry.functions.port.Metrics;
import io.vmferry.functions.port.ObjectStore;
import io.vmferry.functions.port.ProgressStore;
import io.vmferry.functions.port.TaskChanges.Change;
import io.vmferry.functions.port.TaskChanges.EffectChange;
import io.vmferry.functions.port.TaskChanges.TaskChange;
import io.vmferry.functions.port.TaskChanges.Unreadable;
import io.vmferry.functions.service.UploadArea;
import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.SourceLocation;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskStatus;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Tells others of every change of a task's state, whoever made it: an event on the bus, a message
 * for its end, a result beside the upload it is of, figures, and a line in the audit trail.
 *
 * <p>A state is announced once, unless an attempt fails after a part of it was told; then it is
 * told again, under the same task id and version.
 */
public final class Announce {
  /** The log of what was recorded when. */
  static final String AUDIT = "vmferry.audit";

  private static final Logger LOG = LoggerFactory.getLogger(Announce.class);
  private static final Logger TRAIL = LoggerFactory.getLogger(AUDIT);

  private final AnnouncementStore announcements;
  private final EventPublisher publisher;
  private final ProgressStore progress;
  private final Metrics metrics;
  private final ResultFile results;
  private final Optional<UploadArea> imports;

  /**
   * Announcements through these ports.
   *
   * @param imports where uploads start imports: results are written beside those
   */
  public Announce(
      AnnouncementStore announcements,
      EventPublisher publisher,
      ProgressStore progress,
      ObjectStore objects,
      Metrics metrics,
      Optional<UploadArea> imports) {
    this.announcements = announcements;
    this.publisher = publisher;
    this.progress = progress;
    this.metrics = metrics;
    this.results = new ResultFile(objects);
    this.imports = imports;
  }

  /**
   * Announces changes in their order. One that is refused for good, with {@link
   * ErrorCode#INTERNAL}, is left out and counted.
   *
   * @return the sequence number of the first that could not be announced: from there on they have
   *     to come again; empty if all were
   */
  public Optional<String> announce(List<Change> changes) {
    for (Change change : changes) {
      try {
        announce(change);
      } catch (VmferryException e) {
        if (e.code() == ErrorCode.INTERNAL) {
          // It is refused each time, and must not keep the changes behind it from being told.
          LOG.error("change {} is left out: {}", change.sequenceNumber(), e.getMessage(), e);
          metrics.count("ChangesRefused", 1);
          continue;
        }
        LOG.warn("change {} is announced later: {}", change.sequenceNumber(), e.getMessage(), e);
        return Optional.of(change.sequenceNumber());
      }
    }
    return Optional.empty();
  }

  private void announce(Change change) {
    switch (change) {
      case TaskChange task -> announce(task);
      case EffectChange effect -> audit(effect);
      case Unreadable unreadable -> {
        LOG.error("change {} is left out: {}", unreadable.sequenceNumber(), unreadable.why());
        metrics.count("ChangesUnreadable", 1);
      }
    }
  }

  private void announce(TaskChange change) {
    Task task = change.after();
    if (announcements.announced(task.id()) >= task.version()) {
      return;
    }
    audit(change);
    if (change.before().filter(before -> before.status() == task.status()).isEmpty()) {
      tell(change.before(), task);
    }
    announcements.note(task);
  }

  private void tell(Optional<Task> before, Task task) {
    String detail = Json.write(TaskEvent.of(before, task));
    publisher.put(
        new EventPublisher.Event(TaskEvent.DETAIL_TYPE, detail, List.of(), task.updatedAt()));
    if (task.status().isFinal()) {
      writeResult(task);
      publisher.send(
          new EventPublisher.Message(
              "vmferry: task %s %s".formatted(task.id(), ending(task)), detail, attributes(task)));
    }
    measure(before, task);
  }

  private static String ending(Task task) {
    return task.status() == TaskStatus.COMPLETED
        ? "completed"
        : isCancelled(task) ? "was cancelled" : "failed";
  }

  private static boolean isCancelled(Task task) {
    return task.error().filter(e -> e.code() == ErrorCode.TASK_CANCELLED).isPresent();
  }

  private static Map<String, String> attributes(Task task) {
    Map<String, String> attributes = new HashMap<>();
    attributes.put("event", "task-ended");
    attributes.put("kind", TaskEvent.kind(task.request().kind()));
    attributes.put("status", TaskEvent.status(task.status()));
    task.error().ifPresent(error -> attributes.put("errorCode", error.code().name()));
    return attributes;
  }

  /** Writes the result beside the first source, if that was uploaded to start an import. */
  private void writeResult(Task task) {
    Optional<SourceLocation.S3> upload = imports.flatMap(area -> uploadOf(task, area));
    if (upload.isEmpty()) {
      return;
    }
    SourceLocation.S3 at = upload.get();
    String source = "s3://" + at.bucket() + "/" + at.key();
    try {
      results.write(at.bucket(), at.key(), ResultDocument.of(task, source));
    } catch (VmferryException e) {
      switch (e.code().category()) {
        case EXTERNAL, CAPACITY -> throw e;
        // It will not get better, and must not keep the changes behind it from being told.
        case USER, INTERNAL ->
            LOG.error("the result of {} cannot be written: {}", task.id(), e.getMessage(), e);
      }
    }
  }

  private static Optional<SourceLocation.S3> uploadOf(Task task, UploadArea area) {
    return task.request().containers().stream()
        .findFirst()
        .map(container -> SourceLocation.parse(container.url()))
        .filter(SourceLocation.S3.class::isInstance)
        .map(SourceLocation.S3.class::cast)
        .filter(at -> at.bucket().equals(area.bucket()) && at.key().startsWith(area.prefix()));
  }

  private void measure(Optional<Task> before, Task task) {
    if (before.isEmpty()) {
      metrics.count("TasksStarted", 1);
    }
    if (!task.status().isFinal()) {
      return;
    }
    if (task.status() == TaskStatus.COMPLETED) {
      metrics.count("TasksSucceeded", 1);
      metrics.record(
          new Metrics.Measurement(
              "BytesConverted",
              Metrics.Unit.BYTES,
              (double) task.disks().stream().mapToLong(Disk::plannedBytes).sum(),
              Map.of()));
      metrics.count("BlocksWritten", progress.total(task.id()).writtenBlocks());
    } else if (isCancelled(task)) {
      metrics.count("TasksCancelled", 1);
    } else {
      ErrorCode code = task.error().map(e -> e.code()).orElse(ErrorCode.INTERNAL);
      metrics.count(
          "TasksFailed", 1, Map.of("ErrorCode", code.name(), "Category", code.category().name()));
    }
    metrics.record(
        new Metrics.Measurement(
            "TaskDuration",
            Metrics.Unit.SECONDS,
            Duration.between(task.createdAt(), task.updatedAt()).toMillis() / 1000.0,
            Map.of()));
  }

  private static void audit(TaskChange change) {
    Task task = change.after();
    try (var _ = MDC.putCloseable("taskId", task.id())) {
      TRAIL
          .atInfo()
          .addKeyValue("at", task.updatedAt())
          .addKeyValue("version", task.version())
          .addKeyValue("status", TaskEvent.status(task.status()))
          .addKeyValue(
              "previousStatus", change.before().map(t -> TaskEvent.status(t.status())).orElse(""))
          .addKeyValue("errorCode", task.error().map(e -> e.code().name()).orElse(""))
          .addKeyValue("imageId", task.imageId().orElse(""))
          .log("task is {}: {}", TaskEvent.status(task.status()), task.statusMessage());
    }
  }

  private static void audit(EffectChange change) {
    try (var _ = MDC.putCloseable("taskId", change.taskId())) {
      TRAIL
          .atInfo()
          .addKeyValue("at", change.at())
          .addKeyValue("effectKind", change.effect().kind().name())
          .addKeyValue("effectId", change.effect().id())
          .log(
              "{} {} was {}",
              change.effect().kind(),
              change.effect().id(),
              change.noted() ? "recorded" : "released");
    }
  }
}
