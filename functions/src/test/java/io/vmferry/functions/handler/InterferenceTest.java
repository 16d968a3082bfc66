package io.vmferry.functions.handler;

import static org.assertj.core.api.Assertions.assertThat;

import io.vmferry.error.ErrorCode;
import io.vmferry.error.VmferryException;
import io.vmferry.functions.port.Workflow;
import io.vmferry.functions.service.TaskLimits;
import io.vmferry.functions.task.ImportRequest;
import io.vmferry.functions.task.Task;
import io.vmferry.functions.task.TaskKind;
import io.vmferry.functions.task.TaskStatus;
import java.io.IOException;
import java.io.Serial;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/**
 * Cancels and kills an import at every single call that its steps make of any port, one after the
 * other: at the first call in one run, at the second in the next, until a run ends undisturbed.
 */
class InterferenceTest {
  private static final URI WEB = URI.create("https://example.com/second.raw");

  /** The process has died: nothing more is done by it. */
  private static final class KilledException extends RuntimeException {
    @Serial private static final long serialVersionUID = 1L;
  }

  private static Pipeline pipeline() {
    Pipeline pipeline =
        new Pipeline(1, new TaskLimits(2, true, Duration.ofHours(1)), Clock.systemUTC());
    Random random = new Random(1);
    byte[] disk = new byte[1 << 19];
    random.nextBytes(disk);
    pipeline.objects.put("b", "uploads/1/disk.raw", disk);
    random.nextBytes(disk);
    pipeline.remote.serve(WEB, disk);
    return pipeline;
  }

  private static ImportRequest request() {
    return Pipeline.request(
        TaskKind.IMPORT_IMAGE, "raw", "s3://b/uploads/1/disk.raw", WEB.toString());
  }

  @Test
  void aCancelAtAnyCallOfAnyStepLeavesNothing() throws IOException {
    int cancelled = 0;
    for (int at = 1; ; at++) {
      Pipeline pipeline = pipeline();
      String id = pipeline.start(request());
      AtomicInteger calls = new AtomicInteger();
      int call = at;
      pipeline.beforeEachCall(
          () -> {
            if (calls.incrementAndGet() == call) {
              cancel(pipeline, id);
            }
          });
      boolean done = false;
      try {
        pipeline.run(id);
        done = true;
      } catch (StepException e) {
        assertThat(e).as("call %d", at).isInstanceOf(UserException.class);
      } catch (VmferryException e) {
        // The list of a map's items was gone when the state machine read it.
        assertThat(e.code()).as("call %d", at).isEqualTo(ErrorCode.SOURCE_NOT_FOUND);
      }
      pipeline.beforeEachCall(() -> {});
      if (calls.get() < at) {
        assertThat(done).isTrue();
        break;
      }
      Task task = pipeline.tasks.find(id).orElseThrow();
      if (task.status() == TaskStatus.COMPLETED) {
        // The cancel came after the task was done, and was refused.
        assertThat(pipeline.images.images()).as("call %d", at).hasSize(1);
      } else {
        assertThat(task.status()).as("call %d", at).isEqualTo(TaskStatus.DELETED);
        assertThat(pipeline.leftOver()).as("call %d", at).isEmpty();
        assertThat(pipeline.objects.keys("b")).as("call %d", at).isEmpty();
        cancelled++;
      }
      assertThat(pipeline.admission.holders(TaskKind.IMPORT_IMAGE)).as("call %d", at).isEmpty();
    }
    assertThat(cancelled).isGreaterThan(60);
  }

  private static void cancel(Pipeline pipeline, String id) {
    try {
      pipeline.wiring.cancelTask().cancel(id);
      // What follows an execution that was aborted does not wait for its functions.
      pipeline.fail(id, Workflow.CANCELLED, "cancelled");
    } catch (VmferryException e) {
      assertThat(e.code()).isEqualTo(ErrorCode.TASK_STATE_CONFLICT);
      assertThat(pipeline.tasks.find(id).orElseThrow().status()).isEqualTo(TaskStatus.COMPLETED);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aProcessKilledAtAnyCallOfAnyStepGoesOnAndEndsTheImport() throws IOException {
    for (int at = 1; killed(at, false); at++) {
      assertThat(at).isLessThan(1000);
    }
  }

  @Test
  void aTaskWhoseProcessWasKilledAtAnyCallOfAnyStepCanBeCancelled() throws IOException {
    for (int at = 1; killed(at, true); at++) {
      assertThat(at).isLessThan(1000);
    }
  }

  /** Kills the process at a call, starts it again; returns false if there is no such call. */
  private static boolean killed(int at, boolean cancel) throws IOException {
    Pipeline pipeline = pipeline();
    AtomicInteger calls = new AtomicInteger();
    pipeline.beforeEachCall(
        () -> {
          if (calls.incrementAndGet() >= at) {
            throw new KilledException();
          }
        });
    String id = "";
    try {
      id = pipeline.start(request());
      pipeline.run(id);
      return false;
    } catch (StepException e) {
      assertThat(e).as("call %d", at).isInstanceOf(InternalException.class);
    } catch (KilledException e) {
      // While the state machine read the list of a map's items.
      assertThat(calls.get()).isGreaterThanOrEqualTo(at);
    }
    pipeline.beforeEachCall(() -> {});
    if (id.isEmpty()) {
      // Killed while it was accepted: the client hears nothing, and asks again or does not.
      pipeline.wiring.taskSweep().sweep(Duration.ZERO);
      for (String started : pipeline.tasks.active(TaskKind.IMPORT_IMAGE)) {
        assertThat(pipeline.workflow.started()).as("call %d", at).contains(started);
        pipeline.wiring.cancelTask().cancel(started);
        pipeline.fail(started, Workflow.CANCELLED, "cancelled");
      }
      assertThat(pipeline.leftOver()).as("call %d", at).isEmpty();
      return true;
    }
    Task task = pipeline.tasks.find(id).orElseThrow();
    if (cancel && task.status() != TaskStatus.COMPLETED) {
      pipeline.wiring.cancelTask().cancel(id);
      task = pipeline.fail(id, Workflow.CANCELLED, "cancelled");
      assertThat(task.status()).as("call %d", at).isEqualTo(TaskStatus.DELETED);
      assertThat(pipeline.leftOver()).as("call %d", at).isEmpty();
    } else {
      assertThat(pipeline.goOn(id).status()).as("call %d", at).isEqualTo(TaskStatus.COMPLETED);
      assertThat(pipeline.leftOver()).as("call %d", at).hasSize(3);
    }
    assertThat(pipeline.admission.holders(TaskKind.IMPORT_IMAGE)).as("call %d", at).isEmpty();
    return true;
  }
}
