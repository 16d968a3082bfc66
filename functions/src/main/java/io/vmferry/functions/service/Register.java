package io.vmferry.functions.service;

import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.EffectStore;
import io.vmferry.functions.port.ImageStore;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.Effect;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import io.vmferry.guest.Finding;
import io.vmferry.guest.conversion.ConversionReport;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The last step: registers the image, ends the task, and removes what was intermediate. */
public final class Register {
  /** What the root device is called if the request names none. */
  static final String ROOT_DEVICE = "/dev/sda1";

  private final TaskStore tasks;
  private final EffectStore effects;
  private final ImageStore images;
  private final Removal removal;
  private final Admission admission;
  private final StepGuard guard;

  /** A service on these ports. */
  public Register(
      TaskStore tasks,
      EffectStore effects,
      ImageStore images,
      Removal removal,
      Admission admission) {
    this.guard = new StepGuard(tasks, removal);
    this.admission = admission;
    this.tasks = tasks;
    this.effects = effects;
    this.images = images;
    this.removal = removal;
  }

  /**
   * Registers the image, where the task is to make one, and ends the task.
   *
   * @return the task as it ended
   * @throws VmferryException if the image is refused, or the task is being removed
   */
  public Task register(String taskId) {
    Task ended = guard.clearedUp(taskId, () -> registered(taskId), Effect.Kind.IMAGE);
    admission.ended(ended);
    return ended;
  }

  private Task registered(String taskId) {
    Task task =
        tasks.update(
            taskId,
            t ->
                t.status() == TaskStatus.COMPLETED
                    ? t
                    : t.reached(TaskStatus.UPDATING, "registering the image"));
    if (task.status() == TaskStatus.COMPLETED) {
      // An earlier run of this step may have ended before it had cleared away.
      clearAway(taskId);
      return task;
    }
    boolean dryRun = task.request().onlyReports();
    if (task.request().kind() == TaskKind.IMPORT_IMAGE && !dryRun) {
      task = withImage(task);
    }
    String message = dryRun ? "completed: nothing was made, as asked" : "completed";
    Task ended = tasks.update(taskId, t -> t.advanced(TaskStatus.COMPLETED, message));
    // After the end: a task that could not be completed needs its plan for a retry.
    clearAway(taskId);
    return ended;
  }

  private void clearAway(String taskId) {
    removal.removeIntermediate(taskId);
    effects.list(taskId).forEach(effect -> effects.forget(taskId, effect));
  }

  private Task withImage(Task task) {
    List<Disk> disks = withDevices(task.disks());
    ImportRequest request = task.request();
    ImageAttributes attributes = ImageAttributes.of(task);
    String imageId =
        images.register(
            new ImageStore.Request(
                task.id(),
                request.name().orElse(task.id()),
                request.description().orElse("imported by vmferry"),
                attributes.architecture(),
                attributes.bootMode(),
                attributes.enaSupport(),
                disks.stream()
                    .map(
                        disk ->
                            new ImageStore.Mapping(
                                disk.deviceName().orElseThrow(), disk.snapshotId().orElseThrow()))
                    .toList(),
                request.tags()));
    effects.record(task.id(), new Effect(Effect.Kind.IMAGE, imageId));
    return tasks.update(
        task.id(), t -> told(t, attributes.contradictions()).withDisks(disks).withImage(imageId));
  }

  /** The task with findings in its guest's report, once each. */
  private static Task told(Task task, List<Finding> findings) {
    return task.guest()
        .map(
            report -> {
              Set<Finding> all = new LinkedHashSet<>(report.findings());
              all.addAll(findings);
              return task.withGuest(
                  new ConversionReport(report.facts(), List.copyOf(all), report.changes()));
            })
        .orElse(task);
  }

  /**
   * The disks with a device each: the one asked for, {@code /dev/sda1} for the first, else the next
   * free one. No two ask for the same.
   */
  static List<Disk> withDevices(List<Disk> disks) {
    Set<String> taken = new HashSet<>();
    disks.forEach(disk -> disk.deviceName().ifPresent(taken::add));
    List<Disk> result = new ArrayList<>();
    char letter = 'b';
    for (Disk disk : disks) {
      String device = disk.deviceName().orElse(disk.index() == 0 ? ROOT_DEVICE : "");
      while (device.isEmpty()) {
        String next = "/dev/sd" + letter++;
        device = taken.contains(next) ? "" : next;
      }
      taken.add(device);
      result.add(disk.withDevice(device));
    }
    return result;
  }
}
