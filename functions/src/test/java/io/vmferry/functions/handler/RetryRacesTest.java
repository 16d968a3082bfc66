package io.vmferry.functions.handler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.fake.TestClock;
import io.vmferry.functions.service.TaskLimits;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskError;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What others do to a task at the moment at which it is retried, on stores in memory. */
class RetryRacesTest {
  private static final Duration KEEP = Duration.ofHours(1);
  private static final TaskError REASON = new TaskError(ErrorCode.SERVICE_UNAVAILABLE, "no answer");

  private final TestClock clock = new TestClock(Instant.parse("2026-03-01T10:00:00Z"));
  private final Pipeline pipeline = new Pipeline(1, new TaskLimits(2, true, KEEP), clock);

  private String started() throws IOException {
    putDisk();
    return pipeline.start(Pipeline.request(TaskKind.IMPORT_IMAGE, "raw", "s3://b/disk.raw"));
  }

  private void putDisk() {
    byte[] disk = new byte[1 << 20];
    disk[5] = 1;
    pipeline.objects.put("b", "disk.raw", disk);
  }

  private Task task(String id) {
    return pipeline.tasks.find(id).orElseThrow();
  }

  private Task keep(String id) {
    return pipeline.tasks.update(id, t -> t.kept(REASON, clock.instant().plus(KEEP)));
  }

  private void retryInRecord(String id) {
    pipeline.tasks.update(id, t -> t.retried("pending", 2));
  }

  /** Does something before the second call of the store of tasks from now on. */
  private void beforeSecondCall(Runnable action) {
    AtomicInteger calls = new AtomicInteger();
    pipeline
        .tasks
        .faults()
        .beforeEach(
            () -> {
              if (calls.incrementAndGet() == 2) {
                action.run();
              }
            });
  }

  @Test
  void theSweepLeavesAKeptTaskAloneThatIsRetriedWhileItLooks() throws IOException {
    String id = started();
    pipeline.validateAndPlan(id);
    pipeline.workflow.ended(id);
    keep(id);
    clock.advance(KEEP);
    beforeSecondCall(() -> retryInRecord(id));

    pipeline.wiring.taskSweep().sweep(Duration.ofMinutes(15));

    assertThat(task(id).status()).isEqualTo(TaskStatus.ACTIVE);
    assertThat(pipeline.run(id).status()).isEqualTo(TaskStatus.COMPLETED);
  }

  @Test
  void theSweepLeavesATaskAloneThatFailsAndIsRetriedWhileItLooks() throws IOException {
    String id = started();
    pipeline.validateAndPlan(id);
    pipeline.workflow.ended(id);
    clock.advance(Duration.ofMinutes(20));
    beforeSecondCall(
        () -> {
          keep(id);
          retryInRecord(id);
        });

    pipeline.wiring.taskSweep().sweep(Duration.ofMinutes(15));

    assertThat(task(id).status()).isEqualTo(TaskStatus.ACTIVE);
    assertThat(pipeline.run(id).status()).isEqualTo(TaskStatus.COMPLETED);
  }

  /** Fails at its last step but one, and is redriven by Step Functions, which is refused. */
  private String redrivenInVain() throws IOException {
    String id = started();
    pipeline.validateAndPlan(id);
    pipeline.workflow.ended(id);
    keep(id);
    pipeline.objects.put("b", "disk.raw", new byte[1 << 20]);
    assertThatThrownBy(() -> pipeline.resume(id, 1)).hasMessageStartingWith("SOURCE_CHANGED");
    pipeline.workflow.ranAgain(id);
    pipeline.clean(new Failure(id, "io.vmferry.X", "{}", 1));
    assertThat(task(id).status()).isEqualTo(TaskStatus.FAILED);
    putDisk();
    return id;
  }

  @Test
  void aTaskWhoseRedriveWasRefusedCanBeRetried() throws IOException {
    String id = redrivenInVain();

    Task retried = pipeline.wiring.retryTask().retry(id);

    assertThat(retried.attempt()).isEqualTo(3);
    pipeline.resume(id, 2);
    // The event of the run that was refused comes late.
    pipeline.clean(new Failure(id, "io.vmferry.X", "{}", 1));
    assertThat(pipeline.run(id).status()).isEqualTo(TaskStatus.COMPLETED);
  }

  @Test
  void aTaskWhoseRedriveWasRefusedCanBeRedrivenAgain() throws IOException {
    String id = redrivenInVain();

    pipeline.resume(id, 2);

    assertThat(task(id).attempt()).isEqualTo(3);
    assertThat(pipeline.run(id).status()).isEqualTo(TaskStatus.COMPLETED);
  }

  @Test
  void aTaskThatCouldNotBeCompletedIsRetriedAndKeepsItsImage() throws IOException {
    String id = started();
    pipeline.validateAndPlan(id);
    pipeline.convert(id);
    AtomicBoolean registered = new AtomicBoolean();
    AtomicInteger calls = new AtomicInteger();
    pipeline.images.faults().beforeEach(() -> registered.set(true));
    pipeline
        .tasks
        .faults()
        .beforeEach(
            () -> {
              // The first call notes the image, the next one would complete the task.
              if (registered.get() && calls.incrementAndGet() >= 2) {
                throw new VmferryException(ErrorCode.SERVICE_THROTTLED, "slow down");
              }
            });
    assertThatThrownBy(() -> pipeline.finish(id)).hasMessageContaining("slow down");
    pipeline.tasks.faults().beforeEach(() -> {});
    String image = task(id).imageId().orElseThrow();
    keep(id);
    pipeline.workflow.ended(id);

    pipeline.wiring.retryTask().retry(id);

    Task completed = pipeline.run(id);
    assertThat(completed.status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(completed.imageId()).contains(image);
    assertThat(pipeline.images.images()).containsOnlyKeys(image);
    assertThat(pipeline.objects.keys(Pipeline.WORK)).isEmpty();
  }

  @Test
  void aRepeatedLastStepOfACompletedTaskClearsAway() throws IOException {
    String id = started();
    pipeline.validateAndPlan(id);
    pipeline.convert(id);
    VmferryException failure = new VmferryException(ErrorCode.SERVICE_THROTTLED, "slow down");
    pipeline.objects.faults().failNext("delete", failure);
    assertThatThrownBy(() -> pipeline.finish(id)).hasMessageContaining("slow down");
    assertThat(task(id).status()).isEqualTo(TaskStatus.COMPLETED);
    assertThat(pipeline.objects.keys(Pipeline.WORK)).isNotEmpty();

    pipeline.register(id);

    assertThat(pipeline.objects.keys(Pipeline.WORK)).isEmpty();
    assertThat(pipeline.effects.list(id)).isEmpty();
    assertThat(pipeline.admission.holders(TaskKind.IMPORT_IMAGE)).isEmpty();
  }

  @Test
  void aSlowSecondValidationLeavesTheSnapshotsOfATaskThatHasGoneOn() throws IOException {
    String id = started();
    pipeline.validate(id);
    AtomicInteger calls = new AtomicInteger();
    pipeline
        .objects
        .faults()
        .beforeEach(
            () -> {
              if (calls.incrementAndGet() == 1) {
                plan(id);
              }
            });

    pipeline.validate(id);

    assertThat(task(id).status()).isEqualTo(TaskStatus.CONVERTING);
    assertThat(task(id).disk(0).snapshotId()).isPresent();
    pipeline.convert(id);
    assertThat(pipeline.finish(id).status()).isEqualTo(TaskStatus.COMPLETED);
  }

  private void plan(String id) {
    try {
      pipeline.plan(id);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aSecondCleanupThatARetryHasOvertakenLeavesItsSlot() throws IOException {
    String id = started();
    pipeline.validateAndPlan(id);
    keep(id);
    pipeline.clean(new Failure(id, "io.vmferry.X", "{}", 0));
    pipeline.workflow.ended(id);
    assertThat(pipeline.admission.holders(TaskKind.IMPORT_IMAGE)).isEmpty();
    // The second one has read the task, which has failed, when it is retried.
    beforeSecondCall(() -> pipeline.wiring.retryTask().retry(id));

    pipeline.clean(new Failure(id, "io.vmferry.X", "{}", 0));

    assertThat(task(id).attempt()).isEqualTo(2);
    assertThat(pipeline.admission.holders(TaskKind.IMPORT_IMAGE)).containsOnlyKeys(id);
  }
}
