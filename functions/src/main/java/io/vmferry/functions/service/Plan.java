package io.vmferry.functions.service;

import io.vmferry.disk.DiskImage;
import io.vmferry.disk.ReferenceResolver;
import io.vmferry.disk.convert.ChunkPlanner;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.port.EffectStore;
import io.vmferry.functions.port.ObjectStore;
import io.vmferry.functions.port.SnapshotStore;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.task.Compute;
import io.vmferry.functions.task.ComputeChoice;
import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.Effect;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.ObjectVersion;
import io.vmferry.functions.task.SourceLocation;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskStatus;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The second step: everything lies in S3 now. Makes objects of what was downloaded, starts a
 * snapshot for each disk, and cuts the disks into chunks by their directories.
 */
public final class Plan {
  private final TaskStore tasks;
  private final EffectStore effects;
  private final ObjectStore objects;
  private final SnapshotStore snapshots;
  private final Downloads downloads;
  private final WorkFiles files;
  private final Sources sources;
  private final ChunkPlanner.Limits limits;
  private final ComputePolicy compute;
  private final StepGuard guard;

  /**
   * A service on these ports that makes chunks of this size.
   *
   * @param compute where the chunks are converted
   */
  public Plan(
      TaskStore tasks,
      EffectStore effects,
      ObjectStore objects,
      SnapshotStore snapshots,
      Downloads downloads,
      WorkFiles files,
      ChunkPlanner.Limits limits,
      ComputePolicy compute,
      Removal removal) {
    this.guard = new StepGuard(tasks, removal);
    this.tasks = tasks;
    this.effects = effects;
    this.objects = objects;
    this.snapshots = snapshots;
    this.downloads = downloads;
    this.files = files;
    this.sources = new Sources(objects, Reading.HEADERS);
    this.limits = limits;
    this.compute = compute;
  }

  /**
   * What the state machine goes on with.
   *
   * @param taskId the task
   * @param chunks the chunks to convert
   * @param verifications the files to check against their manifest
   * @param modifyOs whether the guest is opened
   * @param dryRun whether nothing is written; there are no chunks and no verifications then
   * @param compute where the chunks are converted
   */
  public record Result(
      String taskId,
      ItemList chunks,
      ItemList verifications,
      boolean modifyOs,
      boolean dryRun,
      Compute compute) {}

  /**
   * Plans a task. One that was planned by an earlier attempt keeps its plan: what its chunks have
   * written is known by their numbers.
   *
   * @throws VmferryException if a source cannot be imported or has changed
   * @throws IOException if a source cannot be read
   */
  public Result plan(String taskId) throws IOException {
    Task task = find(taskId);
    return guard.clearedUp(
        taskId, () -> plan(task), Effect.Kind.SNAPSHOT, Effect.Kind.UPLOAD, Effect.Kind.OBJECT);
  }

  private Result plan(Task task) throws IOException {
    String taskId = task.id();
    boolean dryRun = task.request().onlyReports();
    String message = dryRun ? "looking into the guest" : "writing snapshots";
    Optional<Result> earlier = planned(taskId);
    if (earlier.isPresent()) {
      tasks.update(taskId, t -> t.reached(TaskStatus.CONVERTING, message));
      return earlier.get();
    }
    List<Verification> verifications = readVerifications(taskId);
    List<Disk> disks = lookIntoDownloads(task, verifications);
    Validate.checkCount(task, disks.size(), 0);
    List<Chunk> chunks = new ArrayList<>();
    List<Disk> planned = new ArrayList<>();
    for (Disk disk : disks) {
      planned.add(dryRun ? disk : withSnapshot(task, withChunks(taskId, disk, chunks)));
    }
    ComputeChoice choice = compute.forConversion(task.request(), task.compute(), chunks.size());
    Result result =
        new Result(
            taskId,
            store(files.plan(taskId), chunks),
            store(files.verifications(taskId), dryRun ? List.of() : verifications),
            task.request().opensGuest(),
            dryRun,
            choice.where());
    tasks.update(
        taskId,
        t -> t.withDisks(planned).withCompute(choice).reached(TaskStatus.CONVERTING, message));
    objects.put(
        files.bucket(), files.planned(taskId), Json.write(result).getBytes(StandardCharsets.UTF_8));
    return result;
  }

  private Optional<Result> planned(String taskId) throws IOException {
    try (InputStream stored = objects.read(files.bucket(), files.planned(taskId))) {
      String text = new String(stored.readAllBytes(), StandardCharsets.UTF_8);
      return Optional.of(Json.read(text, Result.class));
    } catch (VmferryException e) {
      if (e.code() == ErrorCode.SOURCE_NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  private Task find(String taskId) {
    // Read for a change that changes nothing: a task that is being deleted must not go on.
    return tasks.update(taskId, t -> t.reached(TaskStatus.VALIDATED, "planning"));
  }

  private List<Verification> readVerifications(String taskId) throws IOException {
    try (InputStream stored = objects.read(files.bucket(), files.verifications(taskId))) {
      String text = new String(stored.readAllBytes(), StandardCharsets.UTF_8);
      return new ArrayList<>(List.of(Json.read(text, Verification[].class)));
    }
  }

  /** The task's disks, with those of downloaded containers as they are in their copies. */
  private List<Disk> lookIntoDownloads(Task task, List<Verification> verifications)
      throws IOException {
    List<Disk> disks = new ArrayList<>();
    for (int i = 0; i < task.request().containers().size(); i++) {
      int container = i;
      SourceLocation at = SourceLocation.parse(task.request().containers().get(i).url());
      switch (at) {
        case SourceLocation.S3 s3 -> keep(task, container, disks);
        case SourceLocation.Snapshot snapshot -> keep(task, container, disks);
        case SourceLocation.Web web -> {
          ObjectVersion copy = downloads.finish(task.id(), i);
          Discovery discovery = new Discovery(task.id(), i, task.request().containers().get(i));
          Discovery.Found found =
              discovery.look(sources.open(copy, web.fileName()), ReferenceResolver.REFUSE);
          disks.addAll(found.disks());
          verifications.removeIf(v -> v.file().object().key().equals(copy.key()));
          verifications.addAll(found.verifications());
          if (task.bootMode().isEmpty() && found.bootMode().isPresent()) {
            tasks.update(task.id(), t -> t.withBootMode(found.bootMode()));
          }
        }
      }
    }
    return Validate.numbered(disks);
  }

  /** What lies in S3 or EBS has been looked into. */
  private static void keep(Task task, int container, List<Disk> disks) {
    task.disks().stream().filter(disk -> disk.container() == container).forEach(disks::add);
  }

  private Disk withChunks(String taskId, Disk disk, List<Chunk> chunks) throws IOException {
    if (disk.files().isEmpty()) {
      return disk.withPlan(0, 0);
    }
    int before = chunks.size();
    try (DiskImage image = sources.open(disk)) {
      ChunkPlanner.plan(
          image,
          limits,
          range ->
              chunks.add(
                  new Chunk(
                      taskId, disk.index(), chunks.size() - before, range.first(), range.count())));
    }
    long bytes =
        chunks.subList(before, chunks.size()).stream().mapToLong(c -> c.range().bytes()).sum();
    return disk.withPlan(chunks.size() - before, bytes);
  }

  private Disk withSnapshot(Task task, Disk disk) {
    ImportRequest request = task.request();
    Map<String, String> tags = new HashMap<>(request.tags());
    tags.put(SnapshotStore.TASK_TAG, task.id());
    // The tag makes the snapshot findable from the moment it exists, the token makes a retry find
    // the same one.
    String id =
        snapshots.start(
            new SnapshotStore.Request(
                disk.volumeSizeGib(),
                request.description().orElse("vmferry " + task.id() + " disk " + disk.index()),
                task.id() + "-" + disk.index(),
                request.encrypted(),
                request.kmsKeyId(),
                tags));
    effects.record(task.id(), new Effect(Effect.Kind.SNAPSHOT, id));
    return disk.withSnapshot(id);
  }

  private ItemList store(String key, List<?> items) {
    objects.put(files.bucket(), key, Json.write(items).getBytes(StandardCharsets.UTF_8));
    return new ItemList(files.bucket(), key, items.size());
  }
}
