package io.vmferry.cli;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.SerializationFeature;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.task.ComputeChoice;
import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.Progress;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskError;
import io.vmferry.functions.task.TaskEvent;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Tasks as JSON for scripts. The names are API. Sources are left out: they can hold credentials.
 */
final class TaskJson {
  private TaskJson() {}

  /** A task with how far it is. */
  static TaskView of(Task task, Progress progress) {
    return of(task, progress, List.of());
  }

  /** A task with how far it is and what happened to it. */
  static TaskView of(Task task, Progress progress, List<TaskEvent> events) {
    return new TaskView(
        task.id(),
        task.request().kind() == TaskKind.IMPORT_IMAGE ? "image" : "snapshot",
        task.status().name().toLowerCase(Locale.ROOT),
        task.statusMessage(),
        progress.percent(task),
        task.createdAt(),
        task.updatedAt(),
        task.imageId(),
        task.disks().stream().map(TaskJson::of).toList(),
        task.error().map(TaskJson::of),
        task.keptUntil().filter(until -> task.status() == TaskStatus.FAILED),
        task.guest().map(GuestJson::of),
        task.compute().map(TaskJson::of),
        events.stream().map(TaskJson::of).toList());
  }

  /** A failure that no task has. */
  static FailureView of(VmferryException failure) {
    return new FailureView(
        new ErrorView(
            failure.code(), failure.code().category(), String.valueOf(failure.getMessage())));
  }

  /** Any value as text for people and programs. */
  static String text(Object value) {
    try {
      return Json.mapper().writer(SerializationFeature.INDENT_OUTPUT).writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot be written as JSON: " + value.getClass(), e);
    }
  }

  private static DiskView of(Disk disk) {
    return new DiskView(
        disk.index(),
        disk.deviceName(),
        disk.snapshotId(),
        disk.format().id(),
        disk.virtualSize(),
        disk.volumeSizeGib());
  }

  private static ComputeView of(ComputeChoice choice) {
    return new ComputeView(choice.where().label(), choice.reason());
  }

  private static EventView of(TaskEvent event) {
    return new EventView(event.at(), event.kind().name().toLowerCase(Locale.ROOT), event.text());
  }

  private static ErrorView of(TaskError error) {
    return new ErrorView(error.code(), error.code().category(), error.message());
  }

  /**
   * A task.
   *
   * @param taskId its id
   * @param kind {@code image} or {@code snapshot}
   * @param status as the EC2 API spells it
   * @param statusMessage for people
   * @param progress 0 to 100
   * @param createdAt when it was accepted
   * @param updatedAt when it last changed
   * @param imageId the AMI
   * @param disks the disks, the root device first
   * @param error why it failed
   * @param keptUntil until when what a failed task has written waits for a retry
   * @param guest what was found in the guest and changed
   * @param compute where its disks are converted, once that is chosen
   * @param events what happened to it, the latest last; only of a single task
   */
  record TaskView(
      String taskId,
      String kind,
      String status,
      String statusMessage,
      int progress,
      Instant createdAt,
      Instant updatedAt,
      Optional<String> imageId,
      List<DiskView> disks,
      Optional<ErrorView> error,
      Optional<Instant> keptUntil,
      Optional<GuestJson.GuestView> guest,
      Optional<ComputeView> compute,
      @JsonInclude(JsonInclude.Include.NON_EMPTY) List<EventView> events) {}

  /**
   * Something that happened to a task.
   *
   * @param at when
   * @param kind {@code state}, {@code error}, {@code request}, {@code made} or {@code removed}
   * @param text for people
   */
  record EventView(Instant at, String kind, String text) {}

  /**
   * Where disks are converted.
   *
   * @param where {@code lambda} or {@code fargate}
   * @param reason why there, for people
   */
  record ComputeView(String where, String reason) {}

  /**
   * A disk.
   *
   * @param index 0 for the root device
   * @param deviceName the block device
   * @param snapshotId its snapshot
   * @param format the image's format
   * @param diskImageSize the disk's size in bytes
   * @param volumeSizeGib the volume it fits in
   */
  record DiskView(
      int index,
      Optional<String> deviceName,
      Optional<String> snapshotId,
      String format,
      long diskImageSize,
      int volumeSizeGib) {}

  /**
   * Why something failed.
   *
   * @param code the stable code
   * @param category who must act
   * @param message the whole message
   */
  record ErrorView(ErrorCode code, ErrorCode.Category category, String message) {}

  /**
   * A failure before there was a task.
   *
   * @param error what failed
   */
  record FailureView(ErrorView error) {}

  /**
   * A listing.
   *
   * @param tasks the newest first
   */
  record TasksView(List<TaskView> tasks) {}
}
