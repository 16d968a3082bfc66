package io.vmferry.functions.service;

import io.vmferry.disk.overlay.OverlayImage;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.port.ObjectStore;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.task.Effect;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.SourceLocation;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskStatus;
import io.vmferry.guest.ModificationOptions;
import io.vmferry.guest.conversion.Conversion;
import io.vmferry.guest.conversion.GuestConversion;
import io.vmferry.guest.conversion.StopSignal;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Changes the guest so that it boots on EC2, while its disks are converted: opens the same sources
 * as {@link ConvertChunk}, and leaves the changed blocks in the work bucket for {@link
 * ApplyChanges}. A dry run leaves the report only.
 */
public final class ModifyOs {
  /** How often the task is looked at for a cancellation. */
  private static final Duration LOOK_EVERY = Duration.ofSeconds(2);

  private final TaskStore tasks;
  private final ObjectStore objects;
  private final WorkFiles files;
  private final GuestConversion guests;
  private final Sources sources;
  private final Clock clock;
  private final Duration limit;
  private final StepGuard guard;

  /**
   * A service on these ports.
   *
   * @param limit how long a guest may take; less than the function may run
   */
  public ModifyOs(
      TaskStore tasks,
      ObjectStore objects,
      WorkFiles files,
      GuestConversion guests,
      Clock clock,
      Duration limit,
      Removal removal) {
    this.guard = new StepGuard(tasks, removal);
    this.tasks = tasks;
    this.objects = objects;
    this.files = files;
    this.guests = guests;
    this.sources = new Sources(objects, Reading.GUEST);
    this.clock = clock;
    this.limit = limit;
  }

  /**
   * Changes the guest of a task. One that was changed before is left alone; one where that was
   * begun is changed anew, from its source.
   *
   * @throws VmferryException if the guest is refused, the source has changed, the task has ended,
   *     or it takes too long
   * @throws IOException if a source cannot be read, or the changes cannot be kept
   */
  public void modify(String taskId) throws IOException {
    Running.find(tasks, taskId);
    if (GuestResult.find(objects, files, taskId).isPresent()) {
      return;
    }
    guests.checkAvailable();
    boolean dryRun = Running.find(tasks, taskId).request().onlyReports();
    Task task =
        tasks.update(
            taskId,
            t ->
                t.reached(
                    TaskStatus.CONVERTING,
                    dryRun ? "looking into the guest" : "writing snapshots, changing the guest"));
    Path directory = Files.createTempDirectory("vmferry-guest-");
    try {
      guard.clearedUp(
          taskId,
          () -> {
            modify(task, directory);
            return task;
          },
          Effect.Kind.OBJECT);
    } finally {
      delete(directory);
    }
  }

  private void modify(Task task, Path directory) throws IOException {
    ModificationOptions options = options(task.request().guest(), directory);
    try (Conversion conversion =
        guests.modify(sources.openAll(task.disks()), options, stop(task))) {
      Licence.check(task.request(), conversion.report());
      GuestResult result =
          new GuestResult(
              conversion.report(),
              task.request().onlyReports()
                  ? List.of()
                  : store(task, conversion.disks(), directory));
      Running.check(tasks, task);
      objects.put(
          files.bucket(),
          files.guest(task.id()),
          Json.write(result).getBytes(StandardCharsets.UTF_8));
      tasks.update(
          task.id(),
          t ->
              t.withGuest(result.bounded())
                  .reached(
                      TaskStatus.CONVERTING,
                      t.request().onlyReports()
                          ? "the guest is looked into"
                          : "writing snapshots"));
    }
  }

  private ModificationOptions options(GuestOptions asked, Path directory) throws IOException {
    Optional<Path> agent = Optional.empty();
    if (asked.agentPackage().isPresent()) {
      agent = Optional.of(fetch(asked.agentPackage().get(), directory));
    }
    return new ModificationOptions(
        asked.rebuildInitramfs(), asked.resetIdentity(), agent, asked.agentUrl().map(URI::create));
  }

  /** Copies the agent's package here; its name tells what kind of package it is. */
  private Path fetch(String url, Path directory) throws IOException {
    return switch (SourceLocation.parse(url)) {
      case SourceLocation.S3 at -> {
        Path file = directory.resolve(at.fileName());
        try (InputStream content = objects.read(at.bucket(), at.key())) {
          Files.copy(content, file, StandardCopyOption.REPLACE_EXISTING);
        }
        yield file;
      }
      case SourceLocation.Web at -> throw noPackage(at);
      case SourceLocation.Snapshot at -> throw noPackage(at);
    };
  }

  private static VmferryException noPackage(SourceLocation at) {
    return new VmferryException(
        ErrorCode.SOURCE_LOCATION_INVALID,
        "the agent's package %s is no object in S3".formatted(at.fileName()));
  }

  /** Stores what was changed on each disk; returns the disks of which anything was. */
  private List<Integer> store(Task task, List<OverlayImage> disks, Path directory)
      throws IOException {
    List<Integer> changed = new ArrayList<>();
    for (int disk = 0; disk < disks.size(); disk++) {
      if (disks.get(disk).changedBlocks().findAny().isEmpty()) {
        continue;
      }
      Path file = directory.resolve("overlay");
      try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
        disks.get(disk).save(out);
      }
      Running.check(tasks, task);
      objects.put(files.bucket(), files.overlay(task.id(), disk), file);
      changed.add(disk);
    }
    return changed;
  }

  private StopSignal stop(Task task) {
    Instant end = clock.instant().plus(limit);
    Instant[] nextLook = {clock.instant().plus(LOOK_EVERY)};
    return () -> {
      Instant now = clock.instant();
      if (now.isAfter(end)) {
        return Optional.of(
            new VmferryException(
                ErrorCode.GUEST_APPLIANCE_TIMEOUT,
                "the guest was not done after %d seconds".formatted(limit.toSeconds())));
      }
      if (now.isBefore(nextLook[0])) {
        return Optional.empty();
      }
      nextLook[0] = now.plus(LOOK_EVERY);
      try {
        Running.check(tasks, task);
        return Optional.empty();
      } catch (VmferryException e) {
        // That the task cannot be looked at now is no reason to stop.
        return e.code() == ErrorCode.TASK_STATE_CONFLICT || e.code() == ErrorCode.TASK_NOT_FOUND
            ? Optional.of(e)
            : Optional.empty();
      }
    };
  }

  private static void delete(Path directory) throws IOException {
    try (var entries = Files.list(directory)) {
      for (Path entry : entries.toList()) {
        Files.delete(entry);
      }
    }
    Files.delete(directory);
  }
}
