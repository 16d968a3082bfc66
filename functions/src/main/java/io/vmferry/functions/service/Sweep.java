package io.vmferry.functions.service;

import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.EffectStore;
import io.vmferry.functions.port.ImageStore;
import io.vmferry.functions.port.Leftovers;
import io.vmferry.functions.port.Leftovers.Folder;
import io.vmferry.functions.port.Leftovers.Tagged;
import io.vmferry.functions.port.Leftovers.Upload;
import io.vmferry.functions.port.Metrics;
import io.vmferry.functions.port.ObjectStore;
import io.vmferry.functions.port.SnapshotStore;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.port.UploadStore;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.Effect;
import io.vmferry.functions.task.SourceLocation;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds and removes what no cleanup has removed: snapshots, images, unfinished uploads, work
 * objects and abandoned uploads of tasks that have ended or are not known, once they are old
 * enough. What belongs to an active task is left alone, and so is every result: a snapshot that is
 * complete and an image are results where their task is not known any more.
 */
public final class Sweep {
  private static final Logger LOG = LoggerFactory.getLogger(Sweep.class);
  private static final String TASKS = "tasks/";
  private static final int PAGE = 1000;

  private final TaskStore tasks;

  /** What may still be at a task that has not changed: a function runs for 15 minutes at most. */
  private static final Duration LONGEST_FUNCTION = Duration.ofMinutes(20);

  private final EffectStore effects;
  private final Leftovers leftovers;
  private final SnapshotStore snapshots;
  private final ImageStore images;
  private final UploadStore uploads;
  private final ObjectStore objects;
  private final Cleanup cleanup;
  private final TaskSweep taskSweep;
  private final Metrics metrics;
  private final WorkFiles files;
  private final Optional<UploadArea> uploadArea;
  private final Duration age;
  private final Clock clock;

  /** The stores that hold what tasks make. */
  public record Stores(
      SnapshotStore snapshots, ImageStore images, UploadStore uploads, ObjectStore objects) {}

  /**
   * A sweep on these ports.
   *
   * @param taskSweep puts tasks themselves right
   * @param cleanup ends tasks whose removal was begun and has not ended
   * @param uploadArea where callers put files for one import only
   * @param age how old something must be, at least
   */
  public Sweep(
      TaskStore tasks,
      EffectStore effects,
      Leftovers leftovers,
      Stores stores,
      Cleanup cleanup,
      TaskSweep taskSweep,
      Metrics metrics,
      WorkFiles files,
      Optional<UploadArea> uploadArea,
      Duration age,
      Clock clock) {
    this.tasks = tasks;
    this.effects = effects;
    this.leftovers = leftovers;
    this.snapshots = stores.snapshots();
    this.images = stores.images();
    this.uploads = stores.uploads();
    this.objects = stores.objects();
    this.cleanup = cleanup;
    this.taskSweep = taskSweep;
    this.metrics = metrics;
    this.files = files;
    this.uploadArea = uploadArea;
    this.age = age;
    this.clock = clock;
  }

  /**
   * What a sweep has done.
   *
   * @param examined how many things were looked at
   * @param removed what was left over and is gone
   * @param failed what was left over and is still there, with the reason; the next sweep tries
   *     again
   * @param ended tasks whose removal was completed
   */
  public record Result(
      int examined, List<Leftover> removed, List<Leftover> failed, List<String> ended) {}

  /**
   * Something left over.
   *
   * @param kind {@code SNAPSHOT}, {@code IMAGE}, {@code UPLOAD} or {@code OBJECT}
   * @param id its id, as effects have it
   * @param taskId the task that made it, if that can be told
   * @param why why it is left over, or cannot be removed
   */
  public record Leftover(Effect.Kind kind, String id, Optional<String> taskId, String why) {}

  /** One run: what it knows of tasks, and what it has done. */
  private final class Run {
    private final Instant before = clock.instant().minus(age);
    private final Map<String, Optional<Task>> known = new HashMap<>();
    private final List<Leftover> removed = new ArrayList<>();
    private final List<Leftover> failed = new ArrayList<>();
    private final List<String> ended = new ArrayList<>();
    private int examined;

    Optional<Task> task(String id) {
      return known.computeIfAbsent(id, tasks::find);
    }

    boolean isOld(@Nullable Instant made) {
      return made != null && made.isBefore(before);
    }

    void remove(Leftover leftover, Runnable removal) {
      try {
        removal.run();
        removed.add(leftover);
        LOG.info(
            "removed {} {} of {}: {}",
            leftover.kind(),
            leftover.id(),
            leftover.taskId().orElse("no known task"),
            leftover.why());
      } catch (VmferryException e) {
        LOG.warn("{} {} cannot be removed: {}", leftover.kind(), leftover.id(), e.getMessage());
        failed.add(
            new Leftover(
                leftover.kind(), leftover.id(), leftover.taskId(), String.valueOf(e.getMessage())));
      }
    }
  }

  /**
   * Looks at everything and removes what is left over.
   *
   * @throws VmferryException if something cannot be listed
   */
  public Result sweep() {
    Run run = new Run();
    taskSweep.sweep(LONGEST_FUNCTION);
    endRemovals(run);
    // Images first: a snapshot that an image uses cannot be deleted.
    sweepImages(run);
    sweepSnapshots(run);
    sweepWork(run);
    uploadArea.ifPresent(area -> sweepUploads(run, area));
    measure(run);
    return new Result(
        run.examined, List.copyOf(run.removed), List.copyOf(run.failed), List.copyOf(run.ended));
  }

  /** Goes on with removals whose function died, or failed each time it was tried. */
  private void endRemovals(Run run) {
    for (Task task : activeTasks()) {
      if (task.status() != TaskStatus.DELETING || !run.isOld(task.updatedAt())) {
        continue;
      }
      try {
        task.error().ifPresent(error -> run.ended.add(cleanup.remove(task.id(), error).id()));
      } catch (VmferryException e) {
        LOG.warn("the removal of {} cannot be completed: {}", task.id(), e.getMessage());
      }
    }
  }

  private List<Task> activeTasks() {
    List<Task> active = new ArrayList<>();
    for (TaskKind kind : TaskKind.values()) {
      String after = null;
      do {
        TaskStore.Page page = tasks.list(kind, PAGE, after);
        page.tasks().stream().filter(task -> !task.status().isFinal()).forEach(active::add);
        after = page.next();
      } while (after != null);
    }
    return active;
  }

  private void sweepImages(Run run) {
    for (Tagged image : leftovers.images()) {
      run.examined++;
      Optional<Task> task = run.task(image.taskId());
      boolean left =
          task.isPresent()
              && mayHaveMade(task.get(), image)
              && (task.get().status() == TaskStatus.DELETED
                  || !task.get().imageId().equals(Optional.of(image.id())));
      if (run.isOld(image.created()) && left) {
        run.remove(
            new Leftover(Effect.Kind.IMAGE, image.id(), Optional.of(image.taskId()), why(task)),
            () -> images.deregister(image.id()));
      }
    }
  }

  private void sweepSnapshots(Run run) {
    for (Tagged snapshot : leftovers.snapshots()) {
      run.examined++;
      Optional<Task> task = run.task(snapshot.taskId());
      if (run.isOld(snapshot.created()) && isLeft(snapshot, task)) {
        run.remove(
            new Leftover(
                Effect.Kind.SNAPSHOT, snapshot.id(), Optional.of(snapshot.taskId()), why(task)),
            () -> snapshots.delete(snapshot.id()));
      }
    }
  }

  /**
   * Whether something was made while its task could make anything. Copies of results bear their
   * tags too, and are whoever's who made them. A completed task makes nothing after its end; of one
   * that was stopped a function may have run on.
   */
  private static boolean mayHaveMade(Task task, Tagged made) {
    @Nullable Instant created = made.created();
    if (created == null) {
      return false;
    }
    return switch (task.status()) {
      case COMPLETED -> created.isBefore(task.updatedAt());
      case DELETED -> created.isBefore(task.updatedAt().plus(LONGEST_FUNCTION));
      case ACTIVE, VALIDATING, VALIDATED, CONVERTING, UPDATING, FAILED, DELETING -> false;
    };
  }

  private static boolean isLeft(Tagged snapshot, Optional<Task> task) {
    if (task.isEmpty()) {
      // A record goes after its time; what it made stays a result. Pending is no result.
      return snapshot.pending();
    }
    return switch (task.get().status()) {
      case ACTIVE, VALIDATING, VALIDATED, CONVERTING, UPDATING, FAILED, DELETING -> false;
      case DELETED -> mayHaveMade(task.get(), snapshot);
      case COMPLETED ->
          mayHaveMade(task.get(), snapshot)
              && task.get().disks().stream()
                  .noneMatch(disk -> disk.snapshotId().equals(Optional.of(snapshot.id())));
    };
  }

  private static String why(Optional<Task> task) {
    return task.map(t -> "its task is " + t.status().name().toLowerCase(Locale.ROOT))
        .orElse("its task is not known");
  }

  private void sweepWork(Run run) {
    for (Upload upload : leftovers.uploads(files.bucket(), TASKS)) {
      run.examined++;
      String taskId = taskOf(upload.key());
      Optional<Task> task = run.task(taskId);
      if (hasEnded(task) && upload.initiated().filter(run::isOld).isPresent()) {
        removeUpload(run, files.bucket(), upload, Optional.of(taskId), why(task));
      }
    }
    for (Folder folder : leftovers.folders(files.bucket(), TASKS)) {
      run.examined += folder.objects();
      String taskId = taskOf(folder.prefix());
      Optional<Task> task = run.task(taskId);
      if (hasEnded(task) && run.isOld(folder.newest())) {
        run.remove(
            new Leftover(
                Effect.Kind.OBJECT,
                files.bucket() + "/" + folder.prefix(),
                Optional.of(taskId),
                why(task)),
            () -> objects.delete(files.bucket(), folder.prefix()));
      }
    }
  }

  private static boolean hasEnded(Optional<Task> task) {
    return task.filter(t -> !t.status().isFinal()).isEmpty();
  }

  private static String taskOf(String key) {
    int end = key.indexOf('/', TASKS.length());
    return key.substring(TASKS.length(), end < 0 ? key.length() : end);
  }

  private void sweepUploads(Run run, UploadArea area) {
    // A task reads objects only, so what is unfinished here belongs to none.
    for (Upload upload : leftovers.uploads(area.bucket(), area.prefix())) {
      run.examined++;
      if (upload.initiated().filter(run::isOld).isPresent()) {
        removeUpload(run, area.bucket(), upload, Optional.empty(), "no import was started for it");
      }
    }
    List<Folder> old =
        leftovers.folders(area.bucket(), area.prefix()).stream()
            .peek(folder -> run.examined += folder.objects())
            .filter(folder -> run.isOld(folder.newest()))
            .toList();
    if (old.isEmpty()) {
      return;
    }
    Set<String> used = foldersInUse(area);
    for (Folder folder : old) {
      String id = area.bucket() + "/" + folder.prefix();
      if (!used.contains(id)) {
        run.remove(
            new Leftover(Effect.Kind.OBJECT, id, Optional.empty(), "no active task reads it"),
            () -> objects.delete(area.bucket(), folder.prefix()));
      }
    }
  }

  private Set<String> foldersInUse(UploadArea area) {
    Set<String> used = new HashSet<>();
    for (Task task : activeTasks()) {
      effects.list(task.id()).stream().map(Effect::id).forEach(used::add);
      Stream.concat(
              task.request().containers().stream().map(DiskContainer::url),
              task.request().guest().agentPackage().stream())
          .filter(url -> SourceLocation.parse(url) instanceof SourceLocation.S3)
          .map(area::folderOf)
          .flatMap(Optional::stream)
          .map(Effect::id)
          .forEach(used::add);
    }
    return used;
  }

  private void removeUpload(
      Run run, String bucket, Upload upload, Optional<String> taskId, String why) {
    run.remove(
        new Leftover(
            Effect.Kind.UPLOAD, bucket + "/" + upload.key() + "#" + upload.uploadId(), taskId, why),
        () -> uploads.abort(bucket, upload.key(), upload.uploadId()));
  }

  private void measure(Run run) {
    Map<Effect.Kind, Long> found = new HashMap<>();
    Stream.concat(run.removed.stream(), run.failed.stream())
        .forEach(leftover -> found.merge(leftover.kind(), 1L, Long::sum));
    // A zero is a figure too: an alarm tells it from a sweep that does not run.
    for (Effect.Kind kind : Effect.Kind.values()) {
      long count = Objects.requireNonNullElse(found.get(kind), 0L);
      metrics.count("OrphansFound", count, Map.of("Kind", kind.name()));
    }
    metrics.count("OrphansRemoved", run.removed.size());
  }
}
