package io.vmferry.functions.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.groups.Tuple.tuple;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.fake.TestClock;
import io.vmferry.functions.port.Workflow;
import io.vmferry.functions.service.TaskLimits;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskError;
import io.vmferry.functions.task.TaskEvent;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Limits, waiting, cancelling and retrying, on stores in memory. */
class LifecycleTest {
  private static final int MIB = 1 << 20;
  private static final Duration KEEP = Duration.ofHours(1);
  private static final ErrorCode PASSING = ErrorCode.SERVICE_UNAVAILABLE;

  private final TestClock clock = new TestClock(Instant.parse("2026-03-01T10:00:00Z"));
  private final Pipeline pipeline = new Pipeline(1, new TaskLimits(2, true, KEEP), clock);

  private static ImportRequest image() {
    return Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", "s3://b/disk.raw");
  }

  private String started() throws IOException {
    byte[] disk = new byte[2 * MIB];
    new Random(1).nextBytes(disk);
    pipeline.objects.put("b", "disk.raw", disk);
    return pipeline.start(image());
  }

  private Task task(String id) {
    return pipeline.tasks.find(id).orElseThrow();
  }

  /** A run that fails, as the state machine takes it: Cleanup, then the last step. */
  private Task failed(String id, ThrowingCallable run) throws IOException {
    StepException failure = null;
    try {
      run.call();
    } catch (StepException e) {
      failure = e;
    } catch (Throwable e) {
      throw new AssertionError(e);
    }
    Task task = pipeline.fail(id, Objects.requireNonNull(failure, "it has not failed"));
    pipeline.workflow.ended(id);
    return task;
  }

  private void failNext(String operation) {
    VmferryException failure = new VmferryException(PASSING, "no answer");
    switch (operation) {
      case "putBlock", "complete", "start" ->
          pipeline.snapshots.faults().failNext(operation, failure);
      case "register" -> pipeline.images.faults().failNext(operation, failure);
      default -> pipeline.objects.faults().failNext(operation, failure);
    }
  }

  /** Each step of an import, by the call in it that fails. */
  @ParameterizedTest
  @CsvSource({"head", "put", "start", "putBlock", "complete", "register"})
  void aTaskThatFailedAtAnyStepGoesOnFromThere(String operation) throws IOException {
    String id = started();
    failNext(operation);

    Task failed = failed(id, () -> pipeline.run(id));

    assertThat(failed.status()).isEqualTo(TaskStatus.FAILED);
    assertThat(failed.error().orElseThrow().code()).isEqualTo(PASSING);
    assertThat(failed.keptUntil()).contains(clock.instant().plus(KEEP));
    assertThat(failed.status().shown(TaskKind.IMPORT_IMAGE)).isEqualTo("deleted");
    assertThat(pipeline.admission.holders(TaskKind.IMPORT_IMAGE)).isEmpty();
    int before = pipeline.progress.total(id).percent(failed);

    Task retried = pipeline.wiring.retryTask().retry(id);

    assertThat(retried.status()).isEqualTo(TaskStatus.ACTIVE);
    assertThat(retried.attempt()).isEqualTo(2);
    assertThat(retried.error()).isEmpty();
    assertThat(pipeline.workflow.redriven()).containsExactly(id + "#2");
    pipeline.resume(id, 1);
    assertThat(pipeline.progress.total(id).percent(task(id))).isGreaterThanOrEqualTo(before);
    Task completed = pipeline.run(id);
    assertThat(completed.status()).isEqualTo(TaskStatus.COMPLETED);
    String snapshot = completed.disk(0).snapshotId().orElseThrow();
    assertThat(pipeline.snapshots.ids()).containsExactly(snapshot);
    assertThat(pipeline.snapshots.blocks(snapshot)).hasSize(4);
    assertThat(pipeline.objects.keys(Pipeline.WORK)).isEmpty();
    assertThat(pipeline.admission.holders(TaskKind.IMPORT_IMAGE)).isEmpty();
  }

  @Test
  void blocksOfFinishedChunksAreNotWrittenAgain() throws IOException {
    String id = started();
    failNext("complete");
    Task failed = failed(id, () -> pipeline.run(id));
    String snapshot = failed.disk(0).snapshotId().orElseThrow();
    int puts = pipeline.snapshots.puts(snapshot);

    pipeline.wiring.retryTask().retry(id);
    pipeline.run(id);

    assertThat(puts).isEqualTo(4);
    assertThat(pipeline.snapshots.puts(snapshot)).isEqualTo(puts);
  }

  @Test
  void aFileThatWasCopiedIsNotAskedForAgain() throws IOException {
    URI url = URI.create("https://example.com/disk.raw?signature=secret");
    byte[] disk = new byte[MIB];
    new Random(2).nextBytes(disk);
    pipeline.remote.serve(url, disk);
    String id = pipeline.start(Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", url.toString()));
    failNext("start");
    failed(id, () -> pipeline.run(id));
    pipeline.remote.remove(url);

    pipeline.wiring.retryTask().retry(id);

    assertThat(pipeline.run(id).status()).isEqualTo(TaskStatus.COMPLETED);
  }

  @Test
  void aFileThatChangedBeforeItWasCopiedIsRefused() throws IOException {
    URI url = URI.create("https://example.com/disk.raw");
    pipeline.remote.serve(url, new byte[MIB]);
    String id = pipeline.start(Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", url.toString()));
    pipeline.uploads.faults().failNext("uploadPart", new VmferryException(PASSING, "no answer"));
    failed(id, () -> pipeline.run(id));
    pipeline.remote.serve(url, new byte[MIB]);

    assertRefused(ErrorCode.SOURCE_CHANGED, id);
  }

  @Test
  void aSourceThatChangedIsRefusedAndTheTaskStaysAsItIs() throws IOException {
    String id = started();
    failNext("complete");
    Task failed = failed(id, () -> pipeline.run(id));
    byte[] disk = new byte[2 * MIB];
    pipeline.objects.put("b", "disk.raw", disk);

    assertRefused(ErrorCode.SOURCE_CHANGED, id);

    assertThat(task(id)).isEqualTo(failed);
    pipeline.objects.delete("b", "disk.raw");
    assertRefused(ErrorCode.SOURCE_NOT_FOUND, id);
    assertThat(pipeline.workflow.redriven()).isEmpty();
    new Random(1).nextBytes(disk);
    pipeline.objects.put("b", "disk.raw", disk);
    pipeline.wiring.retryTask().retry(id);
    assertThat(pipeline.run(id).status()).isEqualTo(TaskStatus.COMPLETED);
  }

  @Test
  void aTaskWhoseSnapshotIsGoneCannotBeRetried() throws IOException {
    String id = started();
    failNext("complete");
    Task failed = failed(id, () -> pipeline.run(id));
    pipeline.snapshots.delete(failed.disk(0).snapshotId().orElseThrow());

    assertRefused(ErrorCode.TASK_NOT_RETRYABLE, id);
  }

  @Test
  void whatIsKeptGoesWhenItsTimeIsOver() throws IOException {
    String id = started();
    failNext("complete");
    failed(id, () -> pipeline.run(id));

    clock.advance(KEEP.minusSeconds(1));
    pipeline.wiring.taskSweep().sweep(Duration.ofMinutes(15));
    assertThat(task(id).status()).isEqualTo(TaskStatus.FAILED);
    clock.advance(Duration.ofSeconds(1));
    assertRefused(ErrorCode.TASK_NOT_RETRYABLE, id);
    pipeline.wiring.taskSweep().sweep(Duration.ofMinutes(15));

    assertThat(task(id).status()).isEqualTo(TaskStatus.DELETED);
    assertThat(task(id).error().orElseThrow().code()).isEqualTo(PASSING);
    assertThat(pipeline.leftOver()).isEmpty();
    assertRefused(ErrorCode.TASK_STATE_CONFLICT, id);
  }

  @Test
  void whatIsKeptGoesWhenTheTaskIsCancelled() throws IOException {
    String id = started();
    failNext("complete");
    failed(id, () -> pipeline.run(id));

    pipeline.wiring.cancelTask().cancel(id);
    pipeline.wiring.cancelTask().cancel(id);

    assertThat(task(id).status()).isEqualTo(TaskStatus.DELETED);
    assertThat(pipeline.leftOver()).isEmpty();
  }

  @Test
  void nothingIsKeptOfATaskWhoseSourceIsAtFault() throws IOException {
    pipeline.objects.put("b", "disk.raw", new byte[MIB]);
    String id = pipeline.start(Pipeline.request(TaskKind.IMPORT_IMAGE, "vmdk", "s3://b/disk.raw"));

    Task task = failed(id, () -> pipeline.run(id));

    assertThat(task.status()).isEqualTo(TaskStatus.DELETED);
    assertThat(pipeline.leftOver()).isEmpty();
    assertRefused(ErrorCode.TASK_STATE_CONFLICT, id);
  }

  @Test
  void twoRetriesAtOnceAreOne() throws Exception {
    String id = started();
    failNext("complete");
    failed(id, () -> pipeline.run(id));

    List<Task> retried = together(8, () -> pipeline.wiring.retryTask().retry(id));

    assertThat(retried).extracting(Task::attempt).containsOnly(2);
    assertThat(pipeline.workflow.redriven()).containsExactly(id + "#2");
    assertThat(pipeline.admission.holders(TaskKind.IMPORT_IMAGE)).containsOnlyKeys(id);
    assertThat(pipeline.run(id).status()).isEqualTo(TaskStatus.COMPLETED);
  }

  @Test
  void theLateEventOfAnEarlierRunChangesNothing() throws IOException {
    String id = started();
    failNext("complete");
    failed(id, () -> pipeline.run(id));
    pipeline.wiring.retryTask().retry(id);

    pipeline.clean(new Failure(id, "io.vmferry.X", "{}", 0));

    assertThat(task(id).status()).isEqualTo(TaskStatus.ACTIVE);
    assertThat(task(id).attempt()).isEqualTo(2);
    assertThat(pipeline.run(id).status()).isEqualTo(TaskStatus.COMPLETED);
  }

  @Test
  void aRedriveOfStepFunctionsRetriesTheTask() throws IOException {
    String id = started();
    failNext("complete");
    failed(id, () -> pipeline.run(id));
    assertThatThrownBy(() -> pipeline.resume(id, 0))
        .isInstanceOf(ExternalException.class)
        .hasMessageContaining("no answer");

    pipeline.resume(id, 1);
    pipeline.resume(id, 1);

    assertThat(task(id).attempt()).isEqualTo(2);
    assertThat(pipeline.run(id).status()).isEqualTo(TaskStatus.COMPLETED);
    assertThatThrownBy(() -> pipeline.resume(id, 2)).isInstanceOf(UserException.class);
  }

  @Test
  void aRedriveOfATaskOfWhichNothingIsLeftFailsForItsReason() throws IOException {
    pipeline.objects.put("b", "disk.raw", new byte[MIB]);
    String id = pipeline.start(Pipeline.request(TaskKind.IMPORT_IMAGE, "vmdk", "s3://b/disk.raw"));
    Task task = failed(id, () -> pipeline.run(id));

    assertThatThrownBy(() -> pipeline.resume(id, 1))
        .hasMessageStartingWith(task.error().orElseThrow().code().name());
  }

  @Test
  void aWorkerThatARetryHasOvertakenWritesNoResult() throws IOException {
    String id = started();
    pipeline.validateAndPlan(id);
    int[] puts = {0};
    pipeline
        .snapshots
        .faults()
        .beforeEach(
            () -> {
              if (puts[0]++ == 1) {
                pipeline.tasks.update(
                    id, t -> t.kept(reason(), clock.instant().plus(KEEP)).retried("pending", 2));
              }
            });

    assertThatThrownBy(() -> pipeline.convert(id))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("was retried");
    assertThat(pipeline.objects.keys(Pipeline.WORK)).noneMatch(key -> key.contains("digests"));
  }

  private static TaskError reason() {
    return new TaskError(PASSING, "no answer");
  }

  @Test
  void tasksThatFindAllSlotsTakenWaitAndAreStartedInOrder() throws IOException {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      ids.add(started());
      clock.advance(Duration.ofMillis(1));
    }
    assertThat(pipeline.workflow.started()).isEqualTo(ids.subList(0, 2));
    assertThat(task(ids.get(4)).statusMessage()).isEqualTo("pending");

    pipeline.run(ids.get(1));
    assertThat(pipeline.workflow.started()).isEqualTo(sublist(ids, 0, 1, 2));
    pipeline.wiring.cancelTask().cancel(ids.get(3));
    assertThat(task(ids.get(3)).status()).isEqualTo(TaskStatus.DELETED);
    pipeline.wiring.cancelTask().cancel(ids.get(0));
    pipeline.fail(ids.get(0), Workflow.CANCELLED, "cancelled");

    assertThat(pipeline.workflow.started()).isEqualTo(sublist(ids, 0, 1, 2, 4));
    pipeline.run(ids.get(2));
    pipeline.run(ids.get(4));
    assertThat(pipeline.admission.holders(TaskKind.IMPORT_IMAGE)).isEmpty();
    assertThat(pipeline.admission.queued(TaskKind.IMPORT_IMAGE, 10)).isEmpty();
  }

  private static List<String> sublist(List<String> ids, int... which) {
    return Arrays.stream(which).mapToObj(ids::get).toList();
  }

  @Test
  void aRetryWaitsForItsTurnAsWell() throws IOException {
    String id = started();
    failNext("complete");
    failed(id, () -> pipeline.run(id));
    String second = started();
    String third = started();

    pipeline.wiring.retryTask().retry(id);

    assertThat(task(id).status()).isEqualTo(TaskStatus.ACTIVE);
    assertThat(pipeline.workflow.redriven()).isEmpty();
    pipeline.run(second);
    assertThat(pipeline.workflow.redriven()).containsExactly(id + "#2");
    assertThat(pipeline.admission.holders(TaskKind.IMPORT_IMAGE)).containsOnlyKeys(id, third);
  }

  @Test
  void theSweepPutsRightWhatDiedBetweenTwoSteps() throws IOException {
    String running = started();
    String lostStart = started();
    clock.advance(Duration.ofMillis(1));
    String waiting = started();
    // Stored with a slot, and never started; ended without giving its slot back.
    pipeline.workflow.forget(lostStart);
    pipeline.tasks.update(running, t -> t.advanced(TaskStatus.COMPLETED, "completed"));
    clock.advance(Duration.ofMinutes(20));

    pipeline.wiring.taskSweep().sweep(Duration.ZERO);

    assertThat(pipeline.workflow.started()).contains(lostStart, waiting);
    assertThat(pipeline.admission.holders(TaskKind.IMPORT_IMAGE))
        .containsOnlyKeys(lostStart, waiting);
  }

  @Test
  void theSweepEndsARemovalThatWasBegunAndATaskWhoseExecutionHasEnded() throws IOException {
    String removed = started();
    String lost = started();
    pipeline.validateAndPlan(removed);
    pipeline.validateAndPlan(lost);
    pipeline.tasks.update(removed, t -> t.advanced(TaskStatus.DELETING, "cancelled"));
    pipeline.workflow.ended(removed);
    pipeline.workflow.ended(lost);
    clock.advance(Duration.ofMinutes(20));

    pipeline.wiring.taskSweep().sweep(Duration.ZERO);

    assertThat(List.of(task(removed).status(), task(lost).status()))
        .containsOnly(TaskStatus.DELETED);
    assertThat(pipeline.leftOver()).isEmpty();
  }

  @Test
  void fiftyRequestsAtOnceStartNoMoreThanTheLimit() throws Exception {
    Pipeline refusing = new Pipeline(1);
    refusing.objects.put("b", "disk.raw", new byte[MIB]);

    List<Optional<String>> started =
        together(
            50,
            () -> {
              try {
                return Optional.of(refusing.start(image()));
              } catch (CapacityException e) {
                assertThat(e).hasMessageStartingWith(ErrorCode.TASK_LIMIT_EXCEEDED.name());
                return Optional.empty();
              }
            });

    assertThat(started.stream().flatMap(Optional::stream)).hasSize(Pipeline.MOST_ACTIVE);
    assertThat(refusing.workflow.started()).hasSize(Pipeline.MOST_ACTIVE);
  }

  @Test
  void fiftyRequestsAtOnceWithOneTokenStartOneTaskEvenWhereOneIsAllowed() throws Exception {
    Pipeline narrow = new Pipeline(1, new TaskLimits(1, false, Duration.ZERO), clock);
    narrow.objects.put("b", "disk.raw", new byte[MIB]);
    ImportRequest request = ImportPipelineTest.withToken(image(), "token");

    List<String> started = together(50, () -> narrow.start(request));

    assertThat(started).containsOnly(started.getFirst());
    assertThat(narrow.workflow.started()).containsExactly(started.getFirst());
    assertThat(narrow.admission.holders(TaskKind.IMPORT_IMAGE)).hasSize(1);
    assertThat(narrow.effects.list(started.getFirst())).hasSize(1);
    narrow.run(started.getFirst());
    assertThat(narrow.admission.holders(TaskKind.IMPORT_IMAGE)).isEmpty();
    assertThat(narrow.start(request)).isEqualTo(started.getFirst());
    assertThat(narrow.admission.holders(TaskKind.IMPORT_IMAGE)).isEmpty();
  }

  @Test
  void aCompletedTaskCannotBeCancelledNorOneThatFailed() throws IOException {
    String id = started();
    pipeline.run(id);
    assertThatThrownBy(() -> pipeline.wiring.cancelTask().cancel(id))
        .isInstanceOfSatisfying(
            VmferryException.class,
            e -> assertThat(e.code()).isEqualTo(ErrorCode.TASK_STATE_CONFLICT))
        .hasMessageContaining("COMPLETED and cannot be cancelled");
    assertThat(pipeline.images.images()).hasSize(1);

    pipeline.objects.put("b", "disk.raw", new byte[MIB]);
    String failed =
        pipeline.start(Pipeline.request(TaskKind.IMPORT_IMAGE, "vmdk", "s3://b/disk.raw"));
    failed(failed, () -> pipeline.run(failed));
    assertThatThrownBy(() -> pipeline.wiring.cancelTask().cancel(failed))
        .hasMessageContaining("DELETED and cannot be cancelled");
    assertThatThrownBy(() -> pipeline.wiring.cancelTask().cancel("import-ami-0"))
        .isInstanceOfSatisfying(
            VmferryException.class, e -> assertThat(e.code()).isEqualTo(ErrorCode.TASK_NOT_FOUND));
  }

  @Test
  void eventsTellWhatHappened() throws IOException {
    String id = started();
    failNext("complete");
    failed(id, () -> pipeline.run(id));
    pipeline.wiring.retryTask().retry(id);
    String snapshot = task(id).disk(0).snapshotId().orElseThrow();
    pipeline.run(id);

    List<TaskEvent> events = pipeline.events.last(id);
    assertThat(events)
        .extracting(TaskEvent::kind, TaskEvent::text)
        .contains(
            tuple(TaskEvent.Kind.REQUEST, "accepted"),
            tuple(TaskEvent.Kind.MADE, "snapshot " + snapshot),
            tuple(TaskEvent.Kind.REQUEST, "retried, run 2"),
            tuple(TaskEvent.Kind.STATE, "completed: completed"));
    assertThat(events)
        .anyMatch(
            event ->
                event.kind() == TaskEvent.Kind.ERROR
                    && event.text().startsWith("CompleteSnapshots: SERVICE_UNAVAILABLE"))
        .anyMatch(
            event ->
                event.kind() == TaskEvent.Kind.REMOVED && event.text().startsWith("object work/"))
        .anyMatch(event -> event.text().startsWith("failed: "));
  }

  private void assertRefused(ErrorCode code, String id) {
    assertThatThrownBy(() -> pipeline.wiring.retryTask().retry(id))
        .isInstanceOfSatisfying(VmferryException.class, e -> assertThat(e.code()).isEqualTo(code));
  }

  private static <T> List<T> together(int threads, Callable<T> work) throws Exception {
    try (ExecutorService executor = Executors.newVirtualThreadPerTaskExecutor()) {
      List<T> results = new ArrayList<>();
      List<Callable<T>> calls = Collections.nCopies(threads, work);
      for (Future<T> result : executor.invokeAll(calls)) {
        results.add(result.get());
      }
      return results;
    }
  }
}
