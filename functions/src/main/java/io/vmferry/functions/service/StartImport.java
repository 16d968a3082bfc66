package io.vmferry.functions.service;

import io.vmferry.disk.DiskFormat;
import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.EffectStore;
import io.vmferry.functions.port.TaskStore;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.Effect;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.SourceLocation;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import java.time.Clock;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * Accepts an import: checks the request by itself, stores the task, and starts its state machine.
 */
public final class StartImport {
  /** The most disks an EC2 instance boots with here, the root device included. */
  static final int MAX_DISKS = 21;

  /** More than a presigned URL of the longest key needs, in characters. */
  private static final int LONGEST_LOCATION = 8192;

  private static final Set<String> ARCHITECTURES = Set.of("x86_64", "arm64", "i386");
  private static final Set<String> BOOT_MODES = Set.of("legacy-bios", "uefi", "uefi-preferred");
  private static final Set<String> PACKAGES = Set.of("ova", "ovf");

  private final TaskStore tasks;
  private final EffectStore effects;
  private final Admission admission;
  private final WorkFiles files;
  private final Clock clock;
  private final RandomGenerator random;
  private final Optional<UploadArea> uploads;
  private final ComputePolicy compute;

  /**
   * A service that makes ids from {@code random} and dates from {@code clock}.
   *
   * @param admission lets no more tasks run at once than are allowed
   * @param uploads the sources that go with their task
   * @param compute where disks can be converted
   */
  public StartImport(
      TaskStore tasks,
      EffectStore effects,
      Admission admission,
      WorkFiles files,
      Clock clock,
      RandomGenerator random,
      Optional<UploadArea> uploads,
      ComputePolicy compute) {
    this.tasks = tasks;
    this.effects = effects;
    this.admission = admission;
    this.files = files;
    this.clock = clock;
    this.random = random;
    this.uploads = uploads;
    this.compute = compute;
  }

  /**
   * Starts an import, or lets it wait for its turn. With a client token that was used before, the
   * earlier task is returned, and its state machine is started if that was missed.
   *
   * @throws VmferryException {@link ErrorCode#PARAMETER_INVALID}, {@link
   *     ErrorCode#SOURCE_LOCATION_INVALID}, {@link ErrorCode#IMAGE_FORMAT_UNKNOWN}, {@link
   *     ErrorCode#TOO_MANY_DISKS}, {@link ErrorCode#CLIENT_TOKEN_CONFLICT}, {@link
   *     ErrorCode#TASK_LIMIT_EXCEEDED}, {@link ErrorCode#COMPUTE_UNAVAILABLE}
   */
  public Task start(ImportRequest request) {
    check(request);
    compute.check(request);
    Task accepted = Task.accepted(newId(request.kind()), request, clock.instant());
    boolean known =
        request
            .clientToken()
            .flatMap(token -> tasks.findByToken(request.kind(), token))
            .isPresent();
    if (known) {
      // A request that is repeated starts nothing, and takes no slot.
      return repeated(tasks.create(accepted));
    }
    boolean slot = admission.take(accepted);
    List<Effect> noted = effectsOf(accepted);
    Task task;
    try {
      // Before there is a task that can be cancelled: Cleanup has to find them.
      noted.forEach(effect -> effects.record(accepted.id(), effect));
      task = tasks.create(accepted);
    } catch (RuntimeException failure) {
      undo(accepted, noted, slot, failure);
      throw failure;
    }
    if (!task.id().equals(accepted.id())) {
      noted.forEach(effect -> effects.forget(accepted.id(), effect));
      if (task.status().isAtRest()) {
        admission.release(task);
      }
      return repeated(task);
    }
    if (slot) {
      admission.launch(task);
    } else {
      admission.enqueue(task);
    }
    return task;
  }

  /** The task of a repeated request; it is started if that was missed. */
  private Task repeated(Task task) {
    admission.resume(task);
    return task;
  }

  private void undo(Task accepted, List<Effect> noted, boolean slot, RuntimeException failure) {
    try {
      noted.forEach(effect -> effects.forget(accepted.id(), effect));
      boolean shared =
          accepted
              .request()
              .clientToken()
              .flatMap(token -> tasks.findByToken(accepted.request().kind(), token))
              .isPresent();
      if (slot && !shared) {
        admission.release(accepted);
      }
    } catch (RuntimeException e) {
      failure.addSuppressed(e);
    }
  }

  /** What is there of a task before it is: where its objects will be, and what was uploaded. */
  private List<Effect> effectsOf(Task task) {
    ImportRequest request = task.request();
    return Stream.concat(
            Stream.of(files.effect(task.id())),
            Stream.concat(
                    request.containers().stream().map(DiskContainer::url),
                    request.guest().agentPackage().stream())
                .flatMap(url -> uploads.flatMap(area -> area.folderOf(url)).stream()))
        .toList();
  }

  private String newId(TaskKind kind) {
    String digits =
        HexFormat.of().toHexDigits(random.nextLong())
            + HexFormat.of().toHexDigits(random.nextLong(), 1);
    return kind.idPrefix() + digits;
  }

  /**
   * Checks a request by itself.
   *
   * @throws VmferryException as {@link #start}, but for what depends on other tasks
   */
  public static void check(ImportRequest request) {
    if (request.containers().isEmpty()) {
      throw invalid("there is no disk container; at least one is needed");
    }
    if (request.kind() == TaskKind.IMPORT_SNAPSHOT && request.containers().size() > 1) {
      throw invalid(
          "a snapshot is made of one disk, and %d were given"
              .formatted(request.containers().size()));
    }
    if (request.containers().size() > MAX_DISKS) {
      throw tooManyDisks(request.containers().size());
    }
    request.containers().forEach(StartImport::check);
    checkDevices(request.containers());
    request.guest().agentPackage().ifPresent(StartImport::checkAgent);
    request.name().ifPresent(name -> checkLength("the name", name, 3, 128));
    request.description().ifPresent(text -> checkLength("the description", text, 0, 255));
    request.clientToken().ifPresent(token -> checkLength("the client token", token, 1, 64));
    request.architecture().ifPresent(value -> checkOneOf("architecture", value, ARCHITECTURES));
    request.bootMode().ifPresent(value -> checkOneOf("boot mode", value, BOOT_MODES));
    if (request.kmsKeyId().isPresent() && !request.encrypted().orElse(true)) {
      throw invalid("a KMS key is given, but encryption is turned off");
    }
    request.tags().keySet().forEach(key -> checkLength("a tag's key", key, 1, 128));
    request.tags().values().forEach(value -> checkLength("a tag's value", value, 0, 256));
  }

  private static void check(DiskContainer container) {
    checkLength("a source's location", container.url(), 0, LONGEST_LOCATION);
    SourceLocation.parse(container.url());
    container
        .format()
        .filter(name -> !PACKAGES.contains(name.toLowerCase(Locale.ROOT)))
        .filter(name -> DiskFormat.of(name).isEmpty())
        .ifPresent(
            name -> {
              throw new VmferryException(
                  ErrorCode.IMAGE_FORMAT_UNKNOWN,
                  "there is no format '%s'; known are raw, vmdk, vhd, vhdx, ova, ovf"
                      .formatted(name));
            });
  }

  private static void checkAgent(String url) {
    if (!(SourceLocation.parse(url) instanceof SourceLocation.S3)) {
      throw invalid(
          "the agent's package has to be in S3; let the guest fetch it from a web server itself");
    }
  }

  /** Refuses a device that two containers are to become. */
  private static void checkDevices(List<DiskContainer> containers) {
    Map<String, Integer> taken = new HashMap<>();
    for (int i = 0; i < containers.size(); i++) {
      Optional<String> device = containers.get(i).deviceName();
      String name = i == 0 ? device.orElse(Register.ROOT_DEVICE) : device.orElse("");
      Integer earlier = name.isEmpty() ? null : taken.putIfAbsent(name, i);
      if (earlier != null) {
        throw invalid(
            "the disk containers %d and %d are both to become the device %s"
                .formatted(earlier + 1, i + 1, name));
      }
    }
  }

  static VmferryException tooManyDisks(int count) {
    return new VmferryException(
        ErrorCode.TOO_MANY_DISKS,
        "there are %d disks, and at most %d fit".formatted(count, MAX_DISKS));
  }

  private static void checkLength(String what, String value, int least, int most) {
    if (value.length() < least || value.length() > most) {
      throw invalid(
          "%s has %d characters; %d to %d are allowed"
              .formatted(what, value.length(), least, most));
    }
  }

  private static void checkOneOf(String what, String value, Set<String> allowed) {
    if (!allowed.contains(value)) {
      throw invalid(
          "there is no %s '%s'; known are %s"
              .formatted(what, value, String.join(", ", allowed.stream().sorted().toList())));
    }
  }

  private static VmferryException invalid(String detail) {
    return new VmferryException(ErrorCode.PARAMETER_INVALID, detail);
  }
}
