package io.vmferry.functions.handler;

import com.amazonaws.services.lambda.runtime.Context;
import com.amazonaws.services.lambda.runtime.RequestStreamHandler;
import com.fasterxml.jackson.databind.JsonNode;
import io.vmferry.disk.convert.ChunkPlanner;
import io.vmferry.functions.api.Api;
import io.vmferry.functions.container.ContainerTask;
import io.vmferry.functions.fake.FakeConversion;
import io.vmferry.functions.fake.FakeRemoteFiles;
import io.vmferry.functions.fake.InMemoryAdmissionStore;
import io.vmferry.functions.fake.InMemoryEffectStore;
import io.vmferry.functions.fake.InMemoryEventStore;
import io.vmferry.functions.fake.InMemoryImageStore;
import io.vmferry.functions.fake.InMemoryObjectStore;
import io.vmferry.functions.fake.InMemoryProgressStore;
import io.vmferry.functions.fake.InMemorySnapshotReader;
import io.vmferry.functions.fake.InMemorySnapshotStore;
import io.vmferry.functions.fake.InMemoryTaskStore;
import io.vmferry.functions.fake.InMemoryUploadStore;
import io.vmferry.functions.fake.RecordingWorkflow;
import io.vmferry.functions.json.Json;
import io.vmferry.functions.port.Ports;
import io.vmferry.functions.service.Attempts;
import io.vmferry.functions.service.Reading;
import io.vmferry.functions.service.TaskLimits;
import io.vmferry.functions.service.UploadArea;
import io.vmferry.functions.service.WholePlan;
import io.vmferry.functions.service.WorkFiles;
import io.vmferry.functions.task.DiskContainer;
import io.vmferry.functions.task.GuestOptions;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The functions on stores in memory, called in the order in which the state machine calls them. */
final class Pipeline {
  static final String WORK = "work";

  /** How many tasks of a kind may be active. */
  static final int MOST_ACTIVE = 3;

  /** Others are refused, and nothing is kept of those that fail. */
  static final TaskLimits LIMITS = new TaskLimits(MOST_ACTIVE, false, Duration.ZERO);

  final InMemoryTaskStore tasks;
  final InMemoryEffectStore effects = new InMemoryEffectStore();
  final InMemoryEventStore events = new InMemoryEventStore();
  final InMemoryAdmissionStore admission;
  final InMemoryProgressStore progress = new InMemoryProgressStore();
  final InMemoryObjectStore objects = new InMemoryObjectStore();
  final InMemoryUploadStore uploads = new InMemoryUploadStore(objects);
  final InMemorySnapshotStore snapshots = new InMemorySnapshotStore();
  final InMemoryImageStore images = new InMemoryImageStore(snapshots);
  final FakeRemoteFiles remote = new FakeRemoteFiles();
  final RecordingWorkflow workflow = new RecordingWorkflow();
  final FakeConversion guests = new FakeConversion();

  final Config config;
  final Ports ports;
  final Wiring wiring;

  /** How often each step is called; 2 shows that a step may be run again after it has ended. */
  private final int times;

  Pipeline(int times) {
    this(times, LIMITS, Clock.systemUTC());
  }

  Pipeline(int times, TaskLimits limits, Clock clock) {
    this.times = times;
    this.tasks = new InMemoryTaskStore(clock);
    this.admission = new InMemoryAdmissionStore(clock);
    this.config =
        new Config(
            WORK,
            "tasks",
            "",
            4,
            Reading.ofData(4),
            new ChunkPlanner.Limits(1, 256L << 20),
            limits,
            Config.DEFAULT_RETENTION,
            Optional.of(new UploadArea("b", "uploads/")));
    this.ports =
        new Ports(
            tasks,
            effects,
            events,
            admission,
            progress,
            objects,
            uploads,
            snapshots,
            new InMemorySnapshotReader(snapshots),
            images,
            remote,
            workflow);
    this.wiring = new Wiring(config, ports, guests, clock, new Random(3));
  }

  /** Has something done before each call of any port; it may throw. */
  void beforeEachCall(Runnable action) {
    Stream.of(
            tasks.faults(),
            effects.faults(),
            events.faults(),
            admission.faults(),
            progress.faults(),
            objects.faults(),
            uploads.faults(),
            snapshots.faults(),
            images.faults(),
            workflow.faults())
        .forEach(faults -> faults.beforeEach(action));
  }

  static ImportRequest request(TaskKind kind, @Nullable String format, String... urls) {
    return new ImportRequest(
        kind,
        Stream.of(urls)
            .map(
                url ->
                    new DiskContainer(
                        url, Optional.ofNullable(format), Optional.empty(), Optional.empty()))
            .toList(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Optional.empty(),
        Map.of(),
        GuestOptions.AS_IT_IS);
  }

  /** The request with the guest's options. */
  static ImportRequest withGuest(ImportRequest request, GuestOptions guest) {
    return new ImportRequest(
        request.kind(),
        request.containers(),
        request.name(),
        request.description(),
        request.architecture(),
        request.bootMode(),
        request.encrypted(),
        request.kmsKeyId(),
        request.clientToken(),
        request.tags(),
        guest);
  }

  String start(ImportRequest request) throws IOException {
    return call(new StartImportHandler(wiring.startImport()), Json.write(request))
        .path("taskId")
        .asText();
  }

  Api api() {
    return wiring.api();
  }

  /** Runs a task to its end, or to the failure of a step. */
  Task run(String taskId) throws IOException {
    validateAndPlan(taskId);
    convert(taskId);
    return finish(taskId);
  }

  /** Goes on with the step at which a task was left. */
  Task goOn(String taskId) throws IOException {
    String status = tasks.find(taskId).orElseThrow().status().name();
    switch (status) {
      case "ACTIVE", "VALIDATING" -> validateAndPlan(taskId);
      case "VALIDATED" -> {
        if (!objects.keys(WORK).contains("tasks/" + taskId + "/downloads.json")) {
          throw new IllegalStateException("validated without a list of downloads");
        }
        // A state machine that is run again goes on with the state it had entered.
        if (objects.keys(WORK).stream().noneMatch(key -> key.matches(".*/sources/\\d+"))) {
          forEach(list(taskId, "downloads.json"), new DownloadRangeHandler(wiring.downloadRange()));
        }
        step(new PlanHandler(wiring.plan()), reference(taskId));
      }
      default -> {
        if (!objects.keys(WORK).contains("tasks/" + taskId + "/planned.json")
            && status.equals("CONVERTING")) {
          step(new PlanHandler(wiring.plan()), reference(taskId));
        }
      }
    }
    if (tasks.find(taskId).orElseThrow().status().name().equals("CONVERTING")) {
      convert(taskId);
    }
    if (tasks.find(taskId).orElseThrow().status().name().equals("COMPLETED")) {
      register(taskId);
      return tasks.find(taskId).orElseThrow();
    }
    return finish(taskId);
  }

  /** Runs a task whose guest is opened, up to the end of writing. */
  void convertWithGuest(String taskId) throws IOException {
    convert(taskId);
    modifyOs(taskId);
    if (!tasks.find(taskId).orElseThrow().request().onlyReports()) {
      applyChanges(taskId);
    }
  }

  void modifyOs(String taskId) throws IOException {
    step(new ModifyOsHandler(wiring.modifyOs()), reference(taskId));
  }

  void applyChanges(String taskId) throws IOException {
    step(new ApplyChangesHandler(wiring.applyChanges()), reference(taskId));
  }

  void register(String taskId) throws IOException {
    step(new RegisterHandler(wiring.register()), reference(taskId));
  }

  void validateAndPlan(String taskId) throws IOException {
    JsonNode validated = step(new ValidateHandler(wiring.validate()), reference(taskId));
    forEach(validated.path("downloads"), new DownloadRangeHandler(wiring.downloadRange()));
    step(new PlanHandler(wiring.plan()), reference(taskId));
  }

  /** The container's run of a task, which waits between two attempts as the pause does. */
  ContainerTask container(Attempts.Pause pause) {
    return new ContainerTask(
        new WholePlan(
            objects,
            new WorkFiles(WORK),
            wiring.convertChunk(),
            wiring.downloadRange(),
            new Attempts(new Random(4), pause),
            2),
        wiring.cleanup());
  }

  void validate(String taskId) throws IOException {
    step(new ValidateHandler(wiring.validate()), reference(taskId));
  }

  void plan(String taskId) throws IOException {
    step(new PlanHandler(wiring.plan()), reference(taskId));
  }

  void convert(String taskId) throws IOException {
    convertChunks(taskId);
    verifyManifest(taskId);
  }

  void convertChunks(String taskId) throws IOException {
    forEach(list(taskId, "plan.json"), new ConvertChunkHandler(wiring.convertChunk()));
  }

  void verifyManifest(String taskId) throws IOException {
    forEach(list(taskId, "verifications.json"), new VerifyManifestHandler(wiring.verifyManifest()));
  }

  void download(String taskId) throws IOException {
    forEach(list(taskId, "downloads.json"), new DownloadRangeHandler(wiring.downloadRange()));
  }

  Task finish(String taskId) throws IOException {
    JsonNode completed =
        step(new CompleteSnapshotsHandler(wiring.completeSnapshots()), reference(taskId));
    while (!completed.path("ready").asBoolean()) {
      completed = step(new CheckSnapshotsHandler(wiring.completeSnapshots()), reference(taskId));
    }
    register(taskId);
    return tasks.find(taskId).orElseThrow();
  }

  /** What the state machine does with a failure it caught. */
  Task fail(String taskId, StepException failure) throws IOException {
    String cause =
        Json.write(
            Map.of(
                "errorMessage",
                Objects.requireNonNull(failure.getMessage()),
                "errorType",
                failure.getClass().getName()));
    return fail(taskId, failure.getClass().getName(), cause);
  }

  Task fail(String taskId, String error, String cause) throws IOException {
    String failure = Json.write(new Failure(taskId, error, cause));
    step(new CleanupHandler(wiring.cleanup()), failure);
    return tasks.find(taskId).orElseThrow();
  }

  void clean(Failure failure) throws IOException {
    step(new CleanupHandler(wiring.cleanup()), Json.write(failure));
  }

  void resume(String taskId, int redrives) throws IOException {
    step(
        new ResumeTaskHandler(wiring.retryTask()),
        Json.write(new ResumeTaskHandler.Run(taskId, redrives)));
  }

  void note(String taskId, String error, String cause) throws IOException {
    step(new NoteFailureHandler(wiring.cleanup()), Json.write(new Failure(taskId, error, cause)));
  }

  List<String> leftOver() {
    return Stream.of(
            objects.keys(WORK).stream(),
            uploads.unfinished(WORK, "").stream(),
            snapshots.ids().stream(),
            images.images().keySet().stream())
        .flatMap(items -> items)
        .toList();
  }

  private static String reference(String taskId) {
    return Json.write(new TaskReference(taskId));
  }

  private JsonNode list(String taskId, String name) {
    return Json.mapper()
        .createObjectNode()
        .put("bucket", WORK)
        .put("key", "tasks/" + taskId + "/" + name);
  }

  private void forEach(JsonNode list, StepHandler<?, ?> handler) throws IOException {
    try (InputStream stored =
        objects.read(list.path("bucket").asText(), list.path("key").asText())) {
      for (JsonNode item : Json.mapper().readTree(stored)) {
        step(handler, item.toString());
      }
    }
  }

  private JsonNode step(StepHandler<?, ?> observed, String input) throws IOException {
    RequestStreamHandler handler = observed.logging(wiring.taskLog());
    JsonNode first = call(handler, input);
    for (int i = 1; i < times; i++) {
      call(handler, input);
    }
    return first;
  }

  // Handlers do not look at their context.
  @SuppressWarnings("NullAway")
  static JsonNode call(RequestStreamHandler handler, String input) throws IOException {
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    Context none = null;
    handler.handleRequest(
        new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)), output, none);
    return Json.mapper().readTree(output.toByteArray());
  }
}
