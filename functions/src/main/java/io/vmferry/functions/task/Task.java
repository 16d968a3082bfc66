package io.vmferry.functions.task;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.guest.conversion.ConversionReport;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * An import task as it is stored. Immutable: each change is a new value.
 *
 * @param id {@link TaskKind#idPrefix()} and 17 hexadecimal digits
 * @param status where it stands
 * @param statusMessage what it does right now, or why it failed; for people
 * @param request what was asked
 * @param createdAt when it was accepted
 * @param updatedAt when it last changed
 * @param disks its disks, once they are known; the root device first
 * @param bootMode the boot mode the sources ask for, where the request has none
 * @param imageId the AMI, once it is registered
 * @param error why it failed
 * @param guest what was found in the guest and changed, once that is done
 * @param compute where its disks are converted, once that is chosen
 * @param attempt which run of its state machine works for it, from 1 on; a retry is a later one
 * @param keptUntil until when what a failed task has written waits for a retry
 * @param version counts the changes; the store's optimistic lock
 */
public record Task(
    String id,
    TaskStatus status,
    String statusMessage,
    ImportRequest request,
    Instant createdAt,
    Instant updatedAt,
    List<Disk> disks,
    Optional<String> bootMode,
    Optional<String> imageId,
    Optional<TaskError> error,
    Optional<ConversionReport> guest,
    Optional<ComputeChoice> compute,
    int attempt,
    Optional<Instant> keptUntil,
    long version) {

  /** Copies the list. */
  public Task {
    disks = List.copyOf(disks);
    // Tasks that were stored before there were retries have none.
    attempt = Math.max(1, attempt);
  }

  /** A task just accepted. */
  public static Task accepted(String id, ImportRequest request, Instant now) {
    return new Task(
        id,
        TaskStatus.ACTIVE,
        "pending",
        request,
        now,
        now,
        List.of(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        1,
        Optional.empty(),
        0);
  }

  /**
   * The task in a later state, or unchanged but for the message if it is in that state already:
   * steps are retried.
   *
   * @throws VmferryException {@link ErrorCode#TASK_STATE_CONFLICT} if the task is past that state
   */
  public Task advanced(TaskStatus next, String message) {
    if (next != status && !status.mayBecome(next)) {
      throw new VmferryException(
          ErrorCode.TASK_STATE_CONFLICT,
          "task %s is %s and cannot become %s".formatted(id, status, next));
    }
    return changed(
        task -> {
          task.status = next;
          task.statusMessage = message;
        });
  }

  /**
   * The task in that state or, if it is further already, unchanged: for steps, which are run again
   * after whatever went wrong, even when they had come to their end.
   *
   * @throws VmferryException {@link ErrorCode#TASK_STATE_CONFLICT} if the task has ended or is
   *     being removed
   */
  public Task reached(TaskStatus step, String message) {
    boolean further = status.compareTo(step) > 0 && status.isWorkedFor();
    return further ? this : advanced(step, message);
  }

  /** The task with its disks. */
  public Task withDisks(List<Disk> newDisks) {
    return changed(task -> task.disks = newDisks);
  }

  /** The task with the boot mode its sources ask for. */
  public Task withBootMode(Optional<String> mode) {
    return changed(task -> task.bootMode = mode);
  }

  /** The task with its image. */
  public Task withImage(String image) {
    return changed(task -> task.imageId = Optional.of(image));
  }

  /** The task with the reason of its failure; the first reason stays. */
  public Task withError(TaskError reason) {
    return changed(task -> task.error = Optional.of(error.orElse(reason)));
  }

  /**
   * The task about to be removed because somebody wants that; why it had failed before stays.
   *
   * @throws VmferryException {@link ErrorCode#TASK_STATE_CONFLICT} if it is final
   */
  public Task cancelled(TaskError reason) {
    Task known = changed(task -> task.error = Optional.of(reason));
    return (status == TaskStatus.FAILED ? this : known)
        .advanced(TaskStatus.DELETING, reason.message());
  }

  /**
   * The failed task with what it has written kept for a retry.
   *
   * @throws VmferryException {@link ErrorCode#TASK_STATE_CONFLICT} if it is not worked for
   */
  public Task kept(TaskError reason, Instant until) {
    Task failed = withError(reason);
    String message = failed.error.map(TaskError::message).orElse(reason.message());
    return failed
        .advanced(TaskStatus.FAILED, message)
        .changed(task -> task.keptUntil = Optional.of(until));
  }

  /**
   * The task about to start over.
   *
   * @param run which run of its execution that is to be, from 1 on: runs that were refused have
   *     counted there, but not here
   * @throws VmferryException {@link ErrorCode#TASK_STATE_CONFLICT} if it has not failed, or nothing
   *     is kept of it
   */
  public Task retried(String message, int run) {
    if (status != TaskStatus.FAILED) {
      throw new VmferryException(
          ErrorCode.TASK_STATE_CONFLICT,
          "task %s is %s; only a failed task of which something is kept can be retried"
              .formatted(id, status));
    }
    return changed(
        task -> {
          task.status = TaskStatus.ACTIVE;
          task.statusMessage = message;
          task.error = Optional.empty();
          task.keptUntil = Optional.empty();
          task.attempt = Math.max(attempt + 1, run);
        });
  }

  /** The task with what was found in its guest and changed. */
  public Task withGuest(ConversionReport report) {
    return changed(task -> task.guest = Optional.of(report));
  }

  /** The task with the place where its disks are converted. */
  public Task withCompute(ComputeChoice choice) {
    return changed(task -> task.compute = Optional.of(choice));
  }

  /** The task with no credentials in its request; what is kept of a task that has ended. */
  public Task withoutCredentials() {
    return changed(task -> task.request = request.withoutCredentials());
  }

  /** The task as its next version, changed at {@code now}; what a store writes. */
  public Task nextVersion(Instant now) {
    return changed(
        task -> {
          task.updatedAt = now;
          task.version = version + 1;
        });
  }

  /**
   * The disk of that index.
   *
   * @throws VmferryException {@link ErrorCode#INTERNAL} if there is none
   */
  public Disk disk(int index) {
    if (index < 0 || index >= disks.size()) {
      throw new VmferryException(
          ErrorCode.INTERNAL,
          "task %s has no disk %d but %d disks".formatted(id, index, disks.size()));
    }
    return disks.get(index);
  }

  private Task changed(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.task(id, createdAt);
  }

  /** What may change in a task, while it changes. */
  private static final class Draft {
    private TaskStatus status;
    private String statusMessage;
    private ImportRequest request;
    private Instant updatedAt;
    private List<Disk> disks;
    private Optional<String> bootMode;
    private Optional<String> imageId;
    private Optional<TaskError> error;
    private Optional<ConversionReport> guest;
    private Optional<ComputeChoice> compute;
    private int attempt;
    private Optional<Instant> keptUntil;
    private long version;

    Draft(Task task) {
      status = task.status;
      statusMessage = task.statusMessage;
      request = task.request;
      updatedAt = task.updatedAt;
      disks = task.disks;
      bootMode = task.bootMode;
      imageId = task.imageId;
      error = task.error;
      guest = task.guest;
      compute = task.compute;
      attempt = task.attempt;
      keptUntil = task.keptUntil;
      version = task.version;
    }

    Task task(String id, Instant createdAt) {
      return new Task(
          id,
          status,
          statusMessage,
          request,
          createdAt,
          updatedAt,
          disks,
          bootMode,
          imageId,
          error,
          guest,
          compute,
          attempt,
          keptUntil,
          version);
    }
  }
}
