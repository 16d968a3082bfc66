package io.vmferry.functions.service;

import io.vmferry.disk.ReferenceResolver;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.port.ObjectStore;
import io.vmferry.functions.port.RemoteFiles;
import io.vmferry.functions.port.RemoteFiles.RemoteFile;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.service.Downloads.Range;
import io.vmferry.functions.task.Compute;
import io.vmferry.functions.task.ComputeChoice;
import io.vmferry.functions.task.ContentFile;
import io.vmferry.functions.task.Disk;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.Effect;
import io.vmferry.functions.task.ObjectVersion;
import io.vmferry.functions.task.SourceLocation;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The first step: looks at every source and refuses, before anything is copied or written, what
 * cannot become an image. Sources in S3 are pinned to the version seen now. Sources on web servers
 * are looked into where the server takes ranges, and prepared for copying.
 */
public final class Validate {
  private final TaskStore tasks;
  private final ObjectStore objects;
  private final RemoteFiles remote;
  private final Downloads downloads;
  private final WorkFiles files;
  private final Sources sources;
  private final ComputePolicy compute;
  private final KeptWork kept;
  private final StepGuard guard;

  /**
   * A service on these ports.
   *
   * @param compute where files on web servers are copied
   */
  public Validate(
      TaskStore tasks,
      ObjectStore objects,
      RemoteFiles remote,
      Downloads downloads,
      WorkFiles files,
      ComputePolicy compute,
      KeptWork kept,
      Removal removal) {
    this.kept = kept;
    this.guard = new StepGuard(tasks, removal);
    this.tasks = tasks;
    this.objects = objects;
    this.remote = remote;
    this.downloads = downloads;
    this.files = files;
    this.sources = new Sources(objects, Reading.HEADERS);
    this.compute = compute;
  }

  /**
   * What the state machine goes on with.
   *
   * @param taskId the task
   * @param downloads the ranges to copy into the work bucket; often none
   * @param compute where they are copied
   */
  public record Result(String taskId, ItemList downloads, Compute compute) {}

  /** What the containers hold together. */
  private record Finding(
      List<Disk> disks, Optional<String> bootMode, List<Verification> verifications) {}

  /**
   * Validates a task. Of one that is retried, what it has written is checked instead, if it had
   * come as far as that.
   *
   * @throws VmferryException if a source cannot be imported, or has changed since an earlier
   *     attempt
   * @throws IOException if a source cannot be read
   */
  public Result validate(String taskId) throws IOException {
    Task task =
        tasks.update(taskId, t -> t.reached(TaskStatus.VALIDATING, "reading the images' headers"));
    return guard.clearedUp(taskId, () -> validate(task), Effect.Kind.UPLOAD, Effect.Kind.OBJECT);
  }

  private Result validate(Task task) throws IOException {
    String taskId = task.id();
    if (KeptWork.isPlanned(task)) {
      kept.check(task);
      tasks.update(taskId, t -> t.reached(TaskStatus.VALIDATED, "validated"));
      return new Result(taskId, downloads.store(taskId, List.of()), Compute.LAMBDA);
    }
    List<Range> ranges = new ArrayList<>();
    Finding found = lookAtAll(task, ranges);
    objects.put(
        files.bucket(),
        files.verifications(taskId),
        Json.write(found.verifications()).getBytes(StandardCharsets.UTF_8));
    ItemList list = downloads.store(taskId, ranges);
    ComputeChoice choice =
        compute.forDownloads(
            task.request(),
            ranges.stream().filter(r -> !r.ranges()).mapToLong(Range::length).max().orElse(0));
    tasks.update(
        taskId,
        t -> {
          if (isOvertaken(t)) {
            return t;
          }
          Task validated =
              t.withDisks(numbered(found.disks()))
                  .withBootMode(found.bootMode())
                  .reached(
                      TaskStatus.VALIDATED,
                      ranges.isEmpty() ? "validated" : "downloading the images");
          return ranges.isEmpty() ? validated : validated.withCompute(choice);
        });
    return new Result(taskId, list, choice.where());
  }

  /** Whether the task has gone on, or was retried, while a second run of this step looked. */
  private static boolean isOvertaken(Task now) {
    boolean further = now.status().compareTo(TaskStatus.VALIDATED) > 0;
    return now.status().isWorkedFor() && (further || KeptWork.isPlanned(now));
  }

  private Finding lookAtAll(Task task, List<Range> ranges) throws IOException {
    List<Disk> disks = new ArrayList<>();
    List<Verification> verifications = new ArrayList<>();
    Optional<String> bootMode = Optional.empty();
    int unseen = 0;
    List<DiskContainer> containers = task.request().containers();
    for (int i = 0; i < containers.size(); i++) {
      Discovery discovery = new Discovery(task.id(), i, containers.get(i));
      Optional<Discovery.Found> found =
          switch (SourceLocation.parse(containers.get(i).url())) {
            case SourceLocation.S3 at -> Optional.of(same(task, i, lookAt(at, discovery)));
            case SourceLocation.Snapshot at -> Optional.of(same(task, i, lookAt(at, discovery)));
            case SourceLocation.Web at -> lookAt(at, discovery, task.id(), i, ranges);
          };
      disks.addAll(found.map(Discovery.Found::disks).orElse(List.of()));
      verifications.addAll(found.map(Discovery.Found::verifications).orElse(List.of()));
      bootMode = bootMode.or(() -> found.flatMap(Discovery.Found::bootMode));
      unseen += found.isPresent() ? 0 : 1;
    }
    checkCount(task, disks.size(), unseen);
    return new Finding(disks, bootMode, verifications);
  }

  /** Compares what a container holds with what was found in it before, if it was looked into. */
  private static Discovery.Found same(Task task, int container, Discovery.Found found) {
    List<ContentFile> before = files(task.disks(), container);
    List<ContentFile> now = files(found.disks(), container);
    if (!before.isEmpty() && !before.equals(now)) {
      throw new VmferryException(
          ErrorCode.SOURCE_CHANGED,
          "%s was read from %s when it was first seen, and is now from %s"
              .formatted(
                  task.request().containers().get(container).withoutCredentials().url(),
                  before,
                  now));
    }
    return found;
  }

  private static List<ContentFile> files(List<Disk> disks, int container) {
    return disks.stream()
        .filter(disk -> disk.container() == container)
        .flatMap(disk -> disk.files().stream())
        .toList();
  }

  private Discovery.Found lookAt(SourceLocation.S3 at, Discovery discovery) throws IOException {
    ObjectVersion object = sources.look(at.bucket(), at.key());
    return discovery.look(sources.open(object), sources.besides(object));
  }

  private Discovery.Found lookAt(SourceLocation.Snapshot at, Discovery discovery)
      throws IOException {
    ObjectVersion volume = sources.look(SnapshotObjects.BUCKET, at.id());
    return discovery.look(sources.open(volume), ReferenceResolver.REFUSE);
  }

  /** Looks into a file on a web server; empty if it must be copied first. */
  private Optional<Discovery.Found> lookAt(
      SourceLocation.Web at, Discovery discovery, String taskId, int container, List<Range> ranges)
      throws IOException {
    if (downloads.isFinished(taskId, container)) {
      // An earlier attempt has copied it, and Plan looks into the copy.
      return Optional.empty();
    }
    RemoteFile file = remote.look(at.url());
    if (file.size() == 0) {
      throw new VmferryException(ErrorCode.IMAGE_EMPTY, "%s has 0 bytes".formatted(at.fileName()));
    }
    // What the copy will be; its ETag is not known before it exists.
    ObjectVersion copy =
        new ObjectVersion(files.bucket(), files.staged(taskId, container), "", file.size());
    Optional<Discovery.Found> found =
        file.ranges()
            ? Optional.of(
                discovery.look(
                    new PinnedSource(at.fileName(), copy, remote.open(file)),
                    ReferenceResolver.REFUSE))
            : Optional.empty();
    ranges.addAll(downloads.prepare(taskId, container, at.fileName(), file));
    return found;
  }

  /** The disks with their places in the machine. */
  static List<Disk> numbered(List<Disk> disks) {
    List<Disk> numbered = new ArrayList<>();
    for (Disk disk : disks) {
      numbered.add(disk.withIndex(numbered.size()));
    }
    return numbered;
  }

  /**
   * Checks the number of disks.
   *
   * @param unseen containers not looked into yet, each of which holds at least one disk
   */
  static void checkCount(Task task, int disks, int unseen) {
    if (disks + unseen > StartImport.MAX_DISKS) {
      throw StartImport.tooManyDisks(disks + unseen);
    }
    if (task.request().kind() == TaskKind.IMPORT_SNAPSHOT && disks + unseen > 1) {
      throw new VmferryException(
          ErrorCode.PARAMETER_INVALID,
          "a snapshot is made of one disk, and the source holds %d".formatted(disks));
    }
  }
}
