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
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** The last step: registers the image, removes what was intermediate, and ends the task. */
public final class Register {
  private static final String ROOT_DEVICE = "/dev/sda1";

  private final TaskStore tasks;
  private final EffectStore effects;
  private final ImageStore images;
  private final Removal removal;

  /** A service on these ports. */
  public Register(TaskStore tasks, EffectStore effects, ImageStore images, Removal removal) {
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
    Task task =
        tasks.update(
            taskId,
            t ->
                t.status() == TaskStatus.COMPLETED
                    ? t
                    : t.reached(TaskStatus.UPDATING, "registering the image"));
    if (task.status() == TaskStatus.COMPLETED) {
      return task;
    }
    if (task.request().kind() == TaskKind.IMPORT_IMAGE) {
      task = withImage(task);
    }
    // Before the end: a completed task has nothing left behind.
    removal.removeIntermediate(taskId);
    Task ended = tasks.update(taskId, t -> t.advanced(TaskStatus.COMPLETED, "completed"));
    effects.list(taskId).forEach(effect -> effects.forget(taskId, effect));
    return ended;
  }

  private Task withImage(Task task) {
    List<Disk> disks = withDevices(task.disks());
    ImportRequest request = task.request();
    String imageId =
        images.register(
            new ImageStore.Request(
                task.id(),
                request.name().orElse(task.id()),
                request.description().orElse("imported by vmferry"),
                request.architecture().orElse("x86_64"),
                request.bootMode().or(task::bootMode),
                true,
                disks.stream()
                    .map(
                        disk ->
                            new ImageStore.Mapping(
                                disk.deviceName().orElseThrow(), disk.snapshotId().orElseThrow()))
                    .toList(),
                request.tags()));
    effects.record(task.id(), new Effect(Effect.Kind.IMAGE, imageId));
    return tasks.update(task.id(), t -> t.withDisks(disks).withImage(imageId));
  }

  /**
   * The disks with a device each: the one asked for, {@code /dev/sda1} for the first, else the next
   * free one.
   */
  static List<Disk> withDevices(List<Disk> disks) {
    Set<String> taken = new LinkedHashSet<>();
    taken.add(ROOT_DEVICE);
    List<Disk> result = new ArrayList<>();
    for (Disk disk : disks) {
      String device = ROOT_DEVICE;
      if (disk.index() > 0) {
        device = disk.deviceName().filter(name -> !taken.contains(name)).orElse("");
        char letter = 'b';
        while (device.isEmpty()) {
          String free = "/dev/sd" + letter++;
          boolean asked =
              disks.stream().anyMatch(d -> d.deviceName().filter(free::equals).isPresent());
          device = taken.contains(free) || asked ? "" : free;
        }
        taken.add(device);
      } else if (disk.deviceName().isPresent()) {
        device = disk.deviceName().get();
        taken.add(device);
      }
      result.add(disk.withDevice(device));
    }
    return result;
  }
}
